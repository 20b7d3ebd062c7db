import type { RepositoryOptions } from "./repository-options.ts";

/** Tells that a revision was asked for of what has none. */
export function tellUnusedRevision({ revision, onWarning }: RepositoryOptions, because: string): void {
	if (revision === undefined) return;
	onWarning?.({ code: "option-unused", what: "revision", message: `revision has no effect because ${because}.` });
}
