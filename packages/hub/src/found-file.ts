import type { Repository } from "./repository.ts";

/** A file, with the repository or the folder that contains it. */
export interface FoundFile {
	readonly repository: Repository;
	/** Its path in the repository. */
	readonly path: string;
	/** Whether the file is on this machine, where a revision has no effect. */
	readonly isLocal: boolean;
}
