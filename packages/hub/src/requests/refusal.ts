/** What is known about a refusal. */
export interface RefusalDetails {
	/** The answer's body. */
	readonly answer?: string;
	/** The server's own name for the reason, such as the hub's `GatedRepo`. */
	readonly reason?: string | undefined;
	/** Whether the request had an access token. */
	readonly hadToken?: boolean;
}

/** The server refused a request, and would refuse it again. */
export class Refusal extends Error {
	readonly status: number;
	readonly answer: string;
	readonly reason: string | undefined;
	readonly hadToken: boolean;

	constructor(message: string, status: number, { answer = "", reason, hadToken = false }: RefusalDetails = {}) {
		super(message);
		this.status = status;
		this.answer = answer;
		this.reason = reason;
		this.hadToken = hadToken;
	}
}
