import type { RepositoryOptions } from "./repository-options.ts";

/** Warns if a revision was given for a source that has no revisions. */
export function tellUnusedRevision({ revision, onWarning }: RepositoryOptions, because: string): void {
	if (revision === undefined) return;
	onWarning?.({ code: "option-unused", what: "revision", message: `revision has no effect because ${because}.` });
}
