"""Simulated blockchain nodes: they answer what tools ask of real ones, and can be made ill.

There is no chain behind them. Each says so: in its version and in the header X-Simulation.
"""
