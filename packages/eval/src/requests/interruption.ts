/** A request failed in a way that may pass: a cut connection, no answer in time, a server's error, a limit on requests. */
export class Interruption extends Error {
	/** Milliseconds after which the server wants to be asked again; undefined where it named none. */
	readonly wait: number | undefined;

	constructor(message: string, { wait, cause }: { wait?: number | undefined; cause?: unknown } = {}) {
		super(message, cause === undefined ? undefined : { cause });
		this.wait = wait;
	}
}

/** The server answered, and will answer the same for ever. */
export class Refusal extends Error {
	readonly status: number;
	/** The answer's body. */
	readonly answer: string;

	constructor(status: number, answer: string, message: string) {
		super(message);
		this.status = status;
		this.answer = answer;
	}
}
