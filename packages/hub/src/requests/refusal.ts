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
