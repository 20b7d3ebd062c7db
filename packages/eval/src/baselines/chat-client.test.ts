import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ArgumentError, DownloadError, FileError } from "@drum/tensor";
import { folderOf } from "@drum/test-files";
import { TYPESCRIPT } from "@drum/test-process";
import { type Fault, type Seen, startJsonServer } from "@drum/test-server";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ChatClient, type ChatMessage, type ChatOptions } from "../index.ts";

// A server on this machine answers as OpenAI's chat completions do.

const answer = ({ body }: Seen) => {
	const { messages } = JSON.parse(body) as { messages: ChatMessage[] };
	const content = `answer to ${messages.at(-1)!.content}`;
	const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
	return { json: { id: "1", model: "gpt-4o-2024-08-06", choices, usage: { total_tokens: 9 } } };
};
const ask = (content: string): ChatMessage[] => [{ role: "user", content }];
const QUICK = { "retry-after": "0" };

afterEach(() => void vi.unstubAllEnvs());

async function start(options: Partial<ChatOptions> = {}) {
	const server = await startJsonServer(answer);
	onTestFinished(() => server[Symbol.asyncDispose]());
	const recording = options.recording ?? join(await folderOf(), "calls/recorded.jsonl");
	const open = (more: Partial<ChatOptions> = {}) =>
		ChatClient.open({ recording, baseUrl: `${server.url}/v1`, apiKey: "key", ...options, ...more });
	return { server, recording, open, chat: await open() };
}
const failure = (promise: Promise<unknown>) =>
	promise.then(
		() => undefined,
		(error: unknown) => error,
	);

describe("a call", () => {
	test("goes to the server's chat completions, at temperature 0", async () => {
		const { server, chat } = await start();
		const messages: ChatMessage[] = [{ role: "system", content: "Be brief." }, ...ask("a cat")];
		expect(await chat.complete(messages)).toBe("answer to a cat");
		const [{ method, url, headers, body }] = server.seen as [Seen];
		expect([method, url.pathname, headers.authorization]).toEqual(["POST", "/v1/chat/completions", "Bearer key"]);
		expect(JSON.parse(body)).toEqual({ model: "gpt-4o", temperature: 0, messages });
	});

	test("goes where the environment says, with its key; or without one to a server of one's own", async () => {
		const { server, recording } = await start();
		vi.stubEnv("OPENAI_BASE_URL", `${server.url}/own/`);
		for (const key of ["from-env", ""]) {
			vi.stubEnv("OPENAI_API_KEY", key);
			await (await ChatClient.open({ recording, model: `m${key}` })).complete(ask("a"));
		}
		expect(server.seen.map(({ url, headers }) => [url.pathname, headers.authorization])).toEqual([
			["/own/chat/completions", "Bearer from-env"],
			["/own/chat/completions", undefined],
		]);
	});

	test("needs a key where it would go to OpenAI", async () => {
		vi.stubEnv("OPENAI_BASE_URL", "");
		vi.stubEnv("OPENAI_API_KEY", "");
		const chat = await ChatClient.open({ recording: join(await folderOf(), "r.jsonl") });
		const error = await failure(chat.complete(ask("a")));
		expect(error).toBeInstanceOf(ArgumentError);
		expect(String(error)).toMatch(/apiKey: expected a key, to ask gpt-4o, found none\. Set OPENAI_API_KEY/);
	});

	test.each<[string, Fault]>([
		["a limit on requests", { status: 429, headers: QUICK }],
		["a server's error", { status: 502, headers: QUICK }],
		["a server's error without a time", { status: 500 }],
		["a cut connection", { cut: true }],
		["a body that does not come to its end", { stall: true }],
		["JSON cut short", { body: '{"choices":[{' }],
	])("is made again after %s", async (_, fault) => {
		const { server, chat } = await start(fault.stall ? { timeout: 1000 } : {});
		server.fail(fault);
		const { signal } = new AbortController();
		expect(await chat.complete(ask("a"), { signal })).toBe("answer to a");
		expect(server.seen).toHaveLength(2);
	});

	test.each<[string, Fault, number, RegExp]>([
		[
			"five server's errors",
			{ status: 503, headers: QUICK },
			5,
			/gpt-4o at http.*: found HTTP 503: out of order\. .*run this again/,
		],
		["a key that is refused", { status: 401 }, 1, /found HTTP 401: out of order\. Set OPENAI_API_KEY/],
		["a key that is repeated", { status: 403, body: '{"error":{"message":"not with secret"}}' }, 1, /403: not with …/],
		["an answer that repeats it", { body: '{"secret":1}' }, 1, /found \{"…":1\}/],
		[
			"a request that is refused",
			{ status: 400, body: '{"error":{"message":"no such model"}}' },
			1,
			/found HTTP 400: no such model/,
		],
		[
			"an answer of another kind",
			{ body: '{"choices":[]}' },
			1,
			/expected choices\[0\]\.message\.content, found \{"choices":\[\]\}/,
		],
		[
			"an answer without text",
			{ body: '{"choices":[{"message":{"content":null,"refusal":"no"}}]}' },
			1,
			/found a refusal: no/,
		],
		["an empty answer", { body: '{"choices":[{"message":{"content":" "}}]}' }, 1, /expected a text/],
	])("fails after %s, and is not recorded", async (_, fault, attempts, message) => {
		const { server, recording, chat } = await start({ apiKey: "secret" });
		server.fail(...Array.from({ length: attempts }, () => fault));
		const error = await failure(chat.complete(ask("a")));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toMatch(message);
		for (let each = error; each instanceof Error; each = each.cause)
			expect(`${each}${each.stack}`).not.toContain("secret");
		expect(server.seen).toHaveLength(attempts);
		expect(await failure(readFile(recording))).toMatchObject({ code: "ENOENT" });
	});

	test("ends by its signal with its reason, before, while it is made and while it waits", async () => {
		const { server, open } = await start();
		await expect((await open()).complete(ask("a"), { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
		expect(server.seen).toEqual([]);
		for (const fault of [{ stall: true }, { status: 429, headers: { "retry-after": "200" } }] as const) {
			const controller = new AbortController();
			const before = server.seen.length;
			server.fail(fault);
			const ending = (await open()).complete(ask("a"), { signal: controller.signal });
			await vi.waitFor(() => expect(server.seen).toHaveLength(before + 1));
			controller.abort("enough");
			await expect(ending).rejects.toBe("enough");
		}
	});

	test.each<Partial<ChatOptions>>([
		{ timeout: 0.5 },
		{ timeout: 2 ** 31 },
		{ baseUrl: "localhost" },
		{ baseUrl: "https://user:geheim@host/v1" },
		{ apiKey: "geheim\n" },
	])("is not made with %j", async (wrong) => {
		const error = await failure(start(wrong));
		expect(error).toBeInstanceOf(ArgumentError);
		expect((error as ArgumentError).what).toBe(Object.keys(wrong)[0]);
		expect(String(error)).not.toContain("geheim");
	});
});

describe("recorded calls", () => {
	test("are not made again, by this client or a later one, which needs no key and no server", async () => {
		const { server, recording, chat, open } = await start();
		await chat.complete(ask("a"));
		await chat.complete(ask("a"));
		await (await open()).complete(ask("a"));
		vi.stubEnv("OPENAI_API_KEY", "");
		vi.stubEnv("OPENAI_BASE_URL", "");
		expect(await (await ChatClient.open({ recording })).complete(ask("a"))).toBe("answer to a");
		expect(server.seen).toHaveLength(1);
	});

	test("are others with another model or other messages", async () => {
		const { server, chat, open } = await start();
		await chat.complete(ask("a"));
		await chat.complete(ask("b"));
		await chat.complete([{ role: "system", content: "a" }]);
		await (await open({ model: "other" })).complete(ask("a"));
		expect(server.seen).toHaveLength(4);
	});

	test("keep the request and the version that answered", async () => {
		const { recording, chat } = await start();
		await chat.complete(ask("a\n\u2028b"));
		const lines = (await readFile(recording, "utf8")).split("\n");
		expect(lines).toHaveLength(2);
		expect(JSON.parse(lines[0]!)).toEqual({
			key: expect.stringMatching(/^[0-9a-f]{64}$/),
			request: { model: "gpt-4o", temperature: 0, messages: ask("a\n\u2028b") },
			answer: { content: "answer to a\n\u2028b", model: "gpt-4o-2024-08-06" },
		});
	});

	test("made at once give the one answer that later runs give", async () => {
		let count = 0;
		await using server = await startJsonServer(() => ({
			json: { choices: [{ message: { content: `no. ${++count}` } }] },
		}));
		const recording = join(await folderOf(), "r.jsonl");
		const options = { recording, baseUrl: server.url, apiKey: "key" };
		const chat = await ChatClient.open(options);
		const answers = new Set(await Promise.all([1, 2, 3].map(() => chat.complete(ask("a")))));
		expect(answers.size).toBe(1);
		expect(await (await ChatClient.open({ ...options, replayOnly: true })).complete(ask("a"))).toBe([...answers][0]);
		expect((await readFile(recording, "utf8")).trim().split("\n")).toHaveLength(1);
	});

	test("are answered by the file's first answer, where two runs recorded one call", async () => {
		const { recording, chat, open } = await start();
		await chat.complete(ask("a"));
		const line = await readFile(recording, "utf8");
		await writeFile(recording, line + line.replace("answer to a", "another"));
		expect(await (await open()).complete(ask("a"))).toBe("answer to a");
	});

	test("alone answer a replay, which names the call that is missing", async () => {
		const { server, chat, open } = await start();
		await chat.complete(ask("a"));
		const replay = await open({ replayOnly: true });
		expect(await replay.complete(ask("a"))).toBe("answer to a");
		const error = await failure(replay.complete(ask(`rewrite ${"very ".repeat(60)}\nlong prompt`)));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toMatch(
			/recorded\.jsonl: expected call [0-9a-f]{12} to gpt-4o: "rewrite very .* … .*very long prompt", found 1 other calls\. .*without replayOnly/,
		);
		expect(server.seen).toHaveLength(1);
	});

	test("are whole or not there, wherever the file was cut short", async () => {
		const { server, recording, chat, open } = await start();
		await chat.complete(ask("a"));
		await chat.complete(ask("é"));
		const bytes = await readFile(recording);
		const first = bytes.indexOf("\n") + 1;
		for (const length of [0, 1, first - 2, first - 1, first, first + 1, bytes.length - 2, bytes.length - 1]) {
			await writeFile(recording, bytes.subarray(0, length));
			const before = server.seen.length;
			for (const content of ["a", "é", "c"])
				expect(await (await open()).complete(ask(content))).toBe(`answer to ${content}`);
			const lost = (length < first - 1 ? 1 : 0) + (length < bytes.length - 1 ? 1 : 0) + 1;
			expect(server.seen.length - before).toBe(lost);
			const replay = await open({ replayOnly: true });
			for (const content of ["a", "é", "c"]) expect(await replay.complete(ask(content))).toBe(`answer to ${content}`);
		}
	});

	test("outlive kill -9: the next run makes only the calls that were not recorded", async () => {
		const { server, recording, open } = await start();
		const script = join(import.meta.dirname, "../testing/chat-process.ts");
		const killed = promisify(execFile)(process.execPath, [...TYPESCRIPT, script, `${server.url}/v1`, recording, "4"]);
		await expect(killed).rejects.toMatchObject({ signal: "SIGKILL" });
		expect(server.seen).toHaveLength(4);

		const chat = await open();
		for (let i = 1; i <= 6; i++) expect(await chat.complete(ask(String(i)))).toBe(`answer to ${i}`);
		// The fourth was in the file, though not brought to the disk yet.
		expect(server.seen).toHaveLength(6);
		expect((await readFile(recording, "utf8")).trim().split("\n")).toHaveLength(6);
	});

	test("cannot be in a file that is something else, or that cannot be read or written", async () => {
		const folder = await folderOf({ "other.jsonl": '{"user":1}\n', file: "" });
		await expect(start({ recording: join(folder, "other.jsonl") })).rejects.toThrow(
			/other\.jsonl, line 1: expected a recorded call/,
		);
		await expect(start({ recording: folder })).rejects.toBeInstanceOf(FileError);
		await expect(start({ recording: join(folder, "file/r.jsonl") })).rejects.toBeInstanceOf(FileError);
		const { server, chat, recording } = await start({ recording: join(folder, "new/r.jsonl") });
		await writeFile(join(folder, "new"), "");
		const error = await failure(chat.complete(ask("a")));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toContain(`recording ${recording} cannot be written`);
		expect(server.seen).toHaveLength(1);
	});
});
