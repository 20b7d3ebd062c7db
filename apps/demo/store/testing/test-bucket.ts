import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import S3rver from "s3rver";
import type { BucketPlace } from "../objects/bucket.ts";

/** As s3rver has it, for both the key and its secret. */
const KEY = "S3RVER";
const BUCKET = "drum";

/** What happens to those who come to the store. */
type State = "there" | "refuses connections" | "does not answer";

/** An S3 server, which keeps objects as files in a folder. */
interface S3Server {
	readonly port: number;
	close(): Promise<unknown>;
}

/** In this process; it checks keys, and of signatures their form alone. */
async function startS3rver(directory: string): Promise<S3Server> {
	const configureBuckets = [{ name: BUCKET, configs: [] }];
	const server = new S3rver({ address: "127.0.0.1", port: 0, directory, silent: true, configureBuckets });
	const { port } = await server.run();
	return { port, close: () => server.close() };
}

/** A stricter one, which checks signatures too: the binary of versitygw. */
async function startVersitygw(binary: string, directory: string): Promise<S3Server> {
	await mkdir(join(directory, BUCKET));
	const port = await freePort();
	const options = ["--port", `127.0.0.1:${port}`, "--access", KEY, "--secret", KEY, "--quiet", "posix", directory];
	const child = spawn(binary, options, { stdio: "ignore" });
	const ended = once(child, "close");
	while (!(await fetch(`http://127.0.0.1:${port}`).catch(() => undefined))) await setTimeout(20);
	return {
		port,
		async close() {
			child.kill();
			await ended;
		},
	};
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}

/** A bucket of a real S3 server, behind a line that can be cut. */
export class TestBucket implements AsyncDisposable {
	readonly place: BucketPlace;
	/** For `STORAGE_URL`. */
	readonly url: string;
	readonly #folder: string;
	readonly #server: S3Server;
	readonly #line: Line;

	private constructor(folder: string, server: S3Server, line: Line) {
		this.#folder = folder;
		this.#server = server;
		this.#line = line;
		const host = `127.0.0.1:${line.port}`;
		const url = `http://${host}/${BUCKET}/service`;
		this.url = url.replace(host, `${KEY}:${KEY}@${host}`);
		this.place = { url, region: "us-east-1", accessKeyId: KEY, secretAccessKey: KEY };
	}

	/** Of the server that `DRUM_VERSITYGW` names, or else of s3rver. */
	static async open(): Promise<TestBucket> {
		const folder = await mkdtemp(join(tmpdir(), "drum-bucket-"));
		const { DRUM_VERSITYGW } = process.env;
		const server = DRUM_VERSITYGW ? await startVersitygw(DRUM_VERSITYGW, folder) : await startS3rver(folder);
		return new TestBucket(folder, server, await Line.open(server.port));
	}

	/** From now on. */
	set state(state: State) {
		this.#line.state = state;
	}

	/** The objects that there are. */
	async names(): Promise<string[]> {
		const root = join(this.#folder, BUCKET, "service");
		const found = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
		const files = found
			.filter((entry) => entry.isFile())
			.map((entry) => relative(root, join(entry.parentPath, entry.name)));
		// s3rver keeps what it knows of an object beside it.
		const names = files.filter((file) => !/\._S3rver_(?!object$)/.test(file));
		return names.map((file) => file.replace(/\._S3rver_object$/, "")).sort();
	}

	/** Files that have a text somewhere in their bytes. */
	async filesWith(text: string): Promise<string[]> {
		const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
		const found: string[] = [];
		for (const entry of entries.filter((each) => each.isFile())) {
			const path = join(entry.parentPath, entry.name);
			if ((await readFile(path)).includes(text)) found.push(relative(join(this.#folder, BUCKET, "service"), path));
		}
		return found.sort();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#line[Symbol.asyncDispose]();
		await this.#server.close();
		await rm(this.#folder, { recursive: true });
	}
}

/** Passes on what comes to a port of its own. */
class Line implements AsyncDisposable {
	state: State = "there";
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(server: Server, to: number) {
		this.#server = server;
		server.on("connection", (socket) => this.#keep(socket, to));
	}

	static async open(to: number): Promise<Line> {
		const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
		await once(server, "listening");
		return new Line(server, to);
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** Requests come on connections that are kept, so that each is looked at when it comes. */
	#keep(socket: Socket, to: number): void {
		const other = connect(to, "127.0.0.1");
		for (const each of [socket, other]) {
			this.#sockets.add(each);
			each.on("error", () => {});
			each.on("close", () => {
				this.#sockets.delete(each);
				socket.destroy();
				other.destroy();
			});
		}
		socket.on("data", (bytes) => {
			if (this.state === "there") other.write(bytes);
			else if (this.state === "refuses connections") socket.destroy();
		});
		other.on("data", (bytes) => socket.write(bytes));
		socket.resume();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
		await once(this.#server, "close");
	}
}
