/** What a command writes to and reads from. */
export interface Surroundings {
	out: (line: string) => void;
	/** What is said to whoever sits there; not part of a command's output. */
	say: (line: string) => void;
	env: NodeJS.ProcessEnv;
	/** Settles when the process is asked to stop. */
	stopped: () => Promise<void>;
}
