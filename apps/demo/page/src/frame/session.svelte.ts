import type { Model, Sample, Session } from "../../../api/index.ts";
import { BASE } from "../service/base.ts";
import { asFailure, type Failure, UNAUTHORIZED } from "../service/failure.ts";
import { service } from "../service/service.ts";

/** What a tab tells the others, which have the same cookie: who is signed in now, if anybody. */
type Change = { userId: string | undefined };
/** The other tabs of this browser that show the service's page. */
const tabs = new BroadcastChannel(`drum ${BASE}`);

/** Who uses the page, and what the service offers. */
class Visit {
	state = $state<"loading" | "signed-out" | "ready" | "failed">("loading");
	session = $state<Session>();
	models = $state.raw<Model[]>([]);
	samples = $state.raw<Sample[]>([]);
	failure = $state<Failure>();

	#leaving: (() => void)[] = [];

	constructor() {
		tabs.onmessage = ({ data: { userId } }: MessageEvent<Change>) => this.#turn(userId);
	}

	async begin(): Promise<void> {
		service.whenSignedOut(() => {
			if (this.state === "ready") this.state = "signed-out";
		});
		this.state = "loading";
		await this.#enter(() => service.session());
	}

	/** @throws Failure when the token is not known. */
	async signIn(token: string): Promise<void> {
		const session = await service.signIn(token);
		tabs.postMessage({ userId: session.user.id } satisfies Change);
		if (this.session) return this.#turn(session.user.id);
		this.state = "loading";
		await this.#enter(async () => session);
	}

	/**
	 * Ends the session in all tabs of this browser.
	 * @throws Failure
	 */
	async signOut(): Promise<void> {
		await service.signOut();
		tabs.postMessage({ userId: undefined } satisfies Change);
		this.#turn(undefined);
	}

	/** Called before the page lets go of a user who has signed out. */
	whenLeaving(act: () => void): void {
		this.#leaving.push(act);
	}

	/**
	 * Asks again which models there are.
	 * @throws Failure
	 */
	async renewModels(): Promise<void> {
		this.models = await service.models();
	}

	/** What the page holds of one user goes before it shows another's. */
	#turn(userId: string | undefined): void {
		if (this.state === "ready" && this.session?.user.id === userId) return;
		if (userId === undefined) for (const act of this.#leaving) act();
		location.reload();
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
