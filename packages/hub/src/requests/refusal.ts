/** What is known of a refusal. */
export interface RefusalDetails {
	/** The answer's body. */
	readonly answer?: string;
	/** The server's own name for the reason, such as the hub's `GatedRepo`. */
	readonly reason?: string | undefined;
	/** Whether an access token went with the question. */
	readonly hadToken?: boolean;
}

/** The server answered, and will answer the same for ever. */
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
