import type { Repository } from "./repository.ts";

/** A file, and the repository or the folder that it lies in. */
export interface FoundFile {
	readonly repository: Repository;
	/** Its path there. */
	readonly path: string;
	/** Whether it lies on this machine, so that a revision says nothing. */
	readonly isLocal: boolean;
}
