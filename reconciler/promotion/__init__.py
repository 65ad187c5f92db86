"""From what one environment runs to what the next one shall: the plan, and the edit it makes."""
