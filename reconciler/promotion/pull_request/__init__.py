"""From a plan to one pull request, and on to its end: the same from wherever a run was cut off."""
