import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../api/index.ts";
import { fillStore } from "../store/testing/fill-store.ts";
import { run } from "./run.ts";

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(CHEAP_FOLDER, "demo-command-"));
	// What is not here is made by the command, which takes longer.
	for (const name of ["users", "from"]) await fillStore(join(folder, name));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command that ends by itself. */
async function demo(argv: string[], env: NodeJS.ProcessEnv = {}) {
	const [out, said]: [string[], string[]] = [[], []];
	const stopped = async () => {};
	const around = { out: (line: string) => void out.push(line), say: (line: string) => void said.push(line) };
	const code = await run(argv, { ...around, env, stopped });
	return { code, out, said: said.join("\n") };
}

/** Runs `serve` while `task` asks it. */
async function whileServing(argv: string[], task: (address: string) => Promise<void>) {
	let stop = () => {};
	const asked = new Promise<void>((resolve) => {
		stop = resolve;
	});
	const said: string[] = [];
	let told: (address: string) => void;
	const address = new Promise<string>((resolve) => {
		told = resolve;
	});
	const say = (line: string) => {
		said.push(line);
		const found = /^DrUM is at (.*)$/.exec(line)?.[1];
		if (found) told(found);
	};
	const ended = run(["serve", "--log", "silent", ...argv], { out: say, say, env: {}, stopped: () => asked });
	try {
		await Promise.race([address.then(task), ended]);
	} finally {
		stop();
	}
	return { code: await ended, said: said.join("\n") };
}

describe("before anything is opened", () => {
	const data = () => join(folder, "untouched");
	test.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
		["a port that is none", ["--port", "70000"], {}, /port from 0 to 65535/],
		["a model without a source", ["--model", "=x"], {}, /a source, or source=adapters/],
		["a textual inversion without a source", ["--textual-inversion", "=x"], {}, /a source, or source=token/],
		["a textual inversion that is not there", ["--textual-inversion", "none.safetensors"], {}, /no such file/],
		["a level of logs that there is not", ["--log", "loud"], {}, /debug, info/],
		["a queue for no jobs", ["--queue-jobs", "0"], {}, /whole number from 1/],
		["an option that there is not", ["--no-auth"], {}, /unknown option/],
		["a folder beside a server", [], { DATABASE_URL: "postgres://u:secret@h/d" }, /DATABASE_URL names a server/],
		["a LoRA with a scale that is none", ["--lora", "style.safetensors=much"], {}, /a source, or source=scale/],
		["a LoRA that is not there", ["--model", "tiny", "--lora", "none.safetensors=0.5"], {}, /no such file/],
		["a model twice", ["--model", "tiny", "--model", "tiny"], {}, /an id for each, found tiny twice/],
	])("%s is refused", async (_, argv, env, message) => {
		const { code, said } = await demo([...argv, "--data", data()], env);
		expect(code).toBe(2);
		expect(said).toMatch(message);
		expect(said).not.toContain("secret");
		expect(existsSync(data())).toBe(false);
	});

	test("a worker without a server to share is refused", async () => {
		expect(await demo(["worker"])).toMatchObject({ code: 2, said: expect.stringContaining("DATABASE_URL") });
		const mysql = await demo(["worker"], { DATABASE_URL: "mysql://u:secret@h/d" });
		expect(mysql).toMatchObject({ code: 2, said: expect.not.stringContaining("secret") });
	});

	test("help tells of every command", async () => {
		const { code, out } = await demo(["--help"]);
		expect(code).toBe(0);
		for (const command of ["serve", "worker", "user", "dump", "restore"]) expect(out.join()).toContain(command);
	});
});

test("a user is added with a token that signs in, listed, and removed", async () => {
	const at = ["--data", join(folder, "users")];
	const added = await demo(["user", "add", "ann", ...at]);
	expect(added).toMatchObject({ code: 0, out: [expect.stringMatching(/^[\w-]{43}$/)] });
	expect(await demo(["user", "add", "ann", ...at])).toMatchObject({ code: 2, said: expect.stringContaining("free") });
	expect(await demo(["user", "add", " ", ...at])).toMatchObject({ code: 2 });
	expect((await demo(["user", "list", ...at])).out).toEqual([expect.stringMatching(/^20.*\tann$/)]);
	const replaced = await demo(["user", "token", "ann", ...at]);
	expect(replaced).toMatchObject({ code: 0, out: [expect.stringMatching(/^[\w-]{43}$/)] });
	expect(await demo(["user", "token", "bob", ...at])).toMatchObject({ code: 2 });
	const [[old], [token]] = [added.out, replaced.out];
	const { code } = await whileServing([...at, "--auth", "--no-worker", "--port", "0"], async (address) => {
		const session = await fetch(`${address}/api/session`, { headers: { authorization: `Bearer ${token}` } });
		expect(await session.json()).toMatchObject({ user: { name: "ann" }, auth: "token" });
		const stale = { headers: { authorization: `Bearer ${old}` } };
		for (const init of [{}, stale]) expect((await fetch(`${address}/api/session`, init)).status).toBe(401);
	});
	expect(code).toBe(0);
	expect((await demo(["user", "remove", "ann", ...at])).code).toBe(0);
	expect(await demo(["user", "remove", "ann", ...at])).toMatchObject({ code: 2 });
	expect((await demo(["user", "list", ...at])).out).toEqual([]);
});

test("a service is stopped with its jobs unended, dumped, restored elsewhere, and ends them there", async () => {
	const [from, to] = [join(folder, "from"), join(folder, "to")];
	const dump = join(folder, "all.dump");
	let id = "";
	await whileServing(["--data", from, "--no-worker", "--port", "0", "--user-jobs", "1"], async (address) => {
		const json = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0], numInferenceSteps: 2 };
		const headers = { "content-type": "application/json" };
		const made = await fetch(`${address}/api/jobs`, { method: "POST", headers, body: JSON.stringify(json) });
		({ id } = (await made.json()) as Job);
		const more = await fetch(`${address}/api/jobs`, { method: "POST", headers, body: JSON.stringify(json) });
		expect(more.status).toBe(429);
		const busy = await demo(["dump", dump, "--data", from]);
		expect(busy).toMatchObject({ code: 1, said: expect.stringContaining(from) });
	});
	expect(await demo(["dump", dump, "--data", from])).toMatchObject({ code: 0 });
	expect((await readFile(dump)).length).toBeGreaterThan(0);
	const restored = await demo(["restore", dump, "--data", to]);
	expect(restored).toMatchObject({ code: 0, out: expect.arrayContaining(["users\t1", "jobs\t1", "pictures\t0"]) });
	expect(await demo(["restore", dump, "--data", to])).toMatchObject({
		code: 2,
		said: expect.stringContaining("empty"),
	});
	await whileServing(["--data", to, "--port", "0"], async (address) => {
		const events = await fetch(`${address}/api/events?job=${id}`);
		let text = "";
		for await (const part of events.body!.pipeThrough(new TextDecoderStream())) {
			text += part;
			if (/"status":"(done|failed)"/.test(text)) break;
		}
		const { status, pictures } = (await (await fetch(`${address}/api/jobs/${id}`)).json()) as Job;
		expect({ status, drawn: pictures.length }).toEqual({ status: "done", drawn: 1 });
		const png = await fetch(`${address}${pictures[0]!.url}`);
		expect((await png.bytes()).subarray(1, 4)).toEqual(Uint8Array.from(Buffer.from("PNG")));
	});
}, 300_000);

test("a port that was asked for and is taken is told; without one the next that is free is taken", async () => {
	const options = ["--data", join(folder, "users"), "--no-worker"];
	const other = createServer();
	const taken = await new Promise<number>((resolve) => {
		// Where 3000 is another's already, any will do.
		other.on("error", () => other.listen(0, "127.0.0.1"));
		other.listen(3000, "127.0.0.1", () => resolve((other.address() as { port: number }).port));
	});
	const refused = await whileServing([...options, "--port", String(taken)], async () => {});
	expect(refused).toMatchObject({ code: 2, said: expect.stringContaining(`port ${taken}`) });
	await whileServing(options, async (address) => {
		expect(Number(new URL(address).port)).toBeGreaterThan(3000);
	});
	await new Promise((resolve) => other.close(resolve));
}, 120_000);
