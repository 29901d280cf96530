/** What every call to GitHub's API says of itself; without the version it would be answered as the newest one is. */
export const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' } as const;
