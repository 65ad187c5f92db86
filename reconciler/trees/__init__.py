"""Trees of files, as a render reads them: on disk, staged, of a commit, or in memory."""
