"""Where pull requests live: GitHub, Gitea and Forgejo, GitLab, or the repository itself."""
