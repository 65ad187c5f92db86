"""From variables to opened things: trees, renderers, forges, clusters, promotions."""
