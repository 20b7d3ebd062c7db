/** Most entries of one history. */
export const MOST_ENTRIES = 10_000;
