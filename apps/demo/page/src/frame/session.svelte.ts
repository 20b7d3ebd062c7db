import type { Model, Sample, Session } from "../../../api/index.ts";
import { service, UNAUTHORIZED, whenSignedOut } from "../service/client.ts";
import { asFailure, type Failure } from "../service/failure.ts";

/** Who uses the page, and what the service offers. */
class Visit {
	state = $state<"loading" | "signed-out" | "ready" | "failed">("loading");
	session = $state<Session>();
	models = $state.raw<Model[]>([]);
	samples = $state.raw<Sample[]>([]);
	failure = $state<Failure>();

	constructor() {
		whenSignedOut(() => {
			if (this.state === "ready") this.state = "signed-out";
		});
	}

	async begin(): Promise<void> {
		this.state = "loading";
		await this.#enter(service.session);
	}

	/** @throws Failure when the token is not known. */
	async signIn(token: string): Promise<void> {
		const session = await service.signIn(token);
		this.state = "loading";
		await this.#enter(async () => session);
	}

	async #enter(session: () => Promise<Session>): Promise<void> {
		try {
			this.session = await session();
			[this.models, this.samples] = await Promise.all([service.models(), service.samples()]);
			this.state = "ready";
		} catch (error) {
			this.failure = asFailure(error);
			this.state = this.failure.status === UNAUTHORIZED ? "signed-out" : "failed";
		}
	}
}

export const visit = new Visit();
