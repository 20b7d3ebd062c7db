import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";

/** Where a bucket of an S3-compatible store is, and who may use it. */
export interface BucketPlace {
	/** `https://s3.example.com/bucket/prefix`, without a slash at the end. */
	readonly url: string;
	readonly region: string;
	readonly accessKeyId: string;
	readonly secretAccessKey: string;
	readonly sessionToken?: string | undefined;
	/** An answer must begin within so many milliseconds; for each megabyte that is sent it may take a second more. Default 10 s. */
	readonly answerMs?: number | undefined;
}

/** The store did not do what it was asked: it is out of reach, or says no. Another try may do. */
export class StorageAway extends Error {
	override name = "StorageAway";
	/** Of its answer, if there was one. */
	readonly status: number | undefined;

	constructor(message: string, { status, cause }: { status?: number; cause?: unknown } = {}) {
		super(message, { cause });
		this.status = status;
	}
}

const ANSWER_MS = 10_000;
/** An object must be read within so long. */
const READ_MS = 300_000;

/** Objects by their names; each is written whole or not at all, as the store promises. */
export class Bucket {
	readonly #place: BucketPlace;
	readonly #client: AwsClient;

	constructor(place: BucketPlace) {
		this.#place = place;
		const { region, accessKeyId, secretAccessKey, sessionToken } = place;
		this.#client = new AwsClient({
			...{ service: "s3", region, accessKeyId, secretAccessKey, retries: 0 },
			...(sessionToken !== undefined && { sessionToken }),
		});
	}

	async put(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
		const response = await this.#ask("PUT", name, { bytes, signal });
		if (!response) throw new StorageAway(`PUT ${name}: the store knows no such name`);
		await response.body?.cancel();
	}

	/** `undefined` where there is none. */
	async get(name: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
		const response = await this.#ask("GET", name, { signal });
		try {
			return await response?.bytes();
		} catch (cause) {
			signal?.throwIfAborted();
			throw new StorageAway(`GET ${name}: the answer broke off`, { cause });
		}
	}

	/** Whether there was one or not. */
	async remove(name: string, signal?: AbortSignal): Promise<void> {
		const response = await this.#ask("DELETE", name, { signal });
		await response?.body?.cancel();
	}

	/** `undefined` where there is no object of that name. @throws StorageAway, or the signal's reason */
	async #ask(
		method: "PUT" | "GET" | "DELETE",
		name: string,
		{ bytes, signal }: { bytes?: Uint8Array | undefined; signal: AbortSignal | undefined },
	): Promise<Response | undefined> {
		const [asked, answered] = [`${method} ${name}`, new AbortController()];
		const late = setTimeout(
			() => answered.abort(new Error("no answer in time")),
			(this.#place.answerMs ?? ANSWER_MS) + (bytes?.length ?? 0) / 1000,
		);
		const signals = [answered.signal, AbortSignal.timeout(READ_MS), ...(signal ? [signal] : [])];
		// Of what is sent, so that the store refuses what has changed on the way.
		const sha256 = createHash("sha256")
			.update(bytes ?? "")
			.digest("hex");
		let response: Response;
		try {
			response = await this.#client.fetch(`${this.#place.url}/${name}`, {
				...{ method, redirect: "manual", signal: AbortSignal.any(signals) },
				...(bytes && { body: bytes as Uint8Array<ArrayBuffer> }),
				headers: { "x-amz-content-sha256": sha256 },
			});
		} catch (cause) {
			signal?.throwIfAborted();
			throw new StorageAway(`${asked}: ${reasonOf(cause)}`, { cause });
		} finally {
			clearTimeout(late);
		}
		const { status } = response;
		if (response.ok) return response;
		const told = await response.text().catch(() => "");
		const code = /<Code>([\w.]{1,100})<\/Code>/.exec(told)?.[1];
		// A bucket that is not there, or what is no such store, answers with the same status and something else.
		if (code === "NoSuchKey") return undefined;
		throw new StorageAway(`${asked}: ${[status, code].filter(Boolean).join(" ")}`, { status });
	}
}

/** Of a failed `fetch` the cause says more. */
function reasonOf(error: unknown): string {
	const { message, cause } = error as Error;
	return cause instanceof Error ? ((cause.message || (cause as NodeJS.ErrnoException).code) ?? message) : message;
}
