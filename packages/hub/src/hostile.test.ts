import { mkdtemp, readdir, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CheckpointError, DrumError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRepository } from "./index.ts";
import { type Fault, type HubServer, startHubServer } from "./testing/hub-server.ts";

const NAME = "owner/model";
const files = { "config.json": "{}", "model.safetensors": "weights" };

let cacheDir: string;
let hub: HubServer;
beforeEach(async () => {
	vi.stubEnv("HF_HUB_OFFLINE", undefined);
	cacheDir = await mkdtemp(join(tmpdir(), "hostile-"));
	hub = await startHubServer({ files });
});
afterEach(async () => {
	vi.unstubAllEnvs();
	await hub.close();
	await rm(cacheDir, { recursive: true });
});

const JSON_TYPE = { "content-type": "application/json" };
const says = (body: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener => {
	return (_, response) => void response.writeHead(status, { ...JSON_TYPE, ...headers }).end(body);
};
/** A body without an end. */
const pours = (chunk: string, status = 200): RequestListener => {
	return (_, response) => {
		response.writeHead(status, JSON_TYPE).write("[");
		const pour = () => {
			while (!response.destroyed && response.write(chunk));
			if (!response.destroyed) response.once("drain", pour);
		};
		pour();
	};
};
const ENTRY = { type: "file", path: "config.json", size: 2, oid: "0".repeat(40) };
const file = (changes: object) => says(JSON.stringify([{ ...ENTRY, ...changes }]));

async function asked(fault: Fault): Promise<unknown> {
	hub.fail({ times: 99, ...fault });
	const repository = await openRepository(NAME, { cacheDir, endpoint: hub.url, token: "" });
	return repository.file("config.json").then(
		() => undefined,
		(error: unknown) => error,
	);
}

describe("an answer that breaks the hub's rules is an error at once, and not requested again", () => {
	const cases: [string, RequestListener][] = [
		["a list that does not end", pours(`${JSON.stringify(ENTRY)},`.repeat(2000))],
		["a list that unpacks to 300 MB", says(gzipSync(Buffer.alloc(3e8, " ")), { "content-encoding": "gzip" })],
		["a list that is an object", says("{}")],
		["a list of nothing", says("[null]")],
		["a list that is not JSON", says("<html>Log in first</html>", { "content-type": "text/html" })],
		["a path nested too deep", says(`[{"type":"file","path":${"[".repeat(50_000)}${"]".repeat(50_000)}}]`)],
		["a path that is a number", file({ path: 5 })],
		["a size that is a text", file({ size: "2" })],
		["a size that is negative", file({ size: -2 })],
		["a size beyond safe integers", file({ size: 2 ** 60 })],
		["an invalid hash", file({ oid: {} })],
		["an invalid hash of a large file", file({ lfs: { oid: null, size: 2 } })],
		["a configuration of 1 GB", file({ size: 1e9 })],
		["a redirect to a file", says("", { location: "file:///etc/passwd" }, 302)],
		["a redirect with credentials", says("", { location: "http://user:pw@127.0.0.1/" }, 307)],
		["a redirect nowhere", says("", { location: "http://" }, 302)],
		["headers without end", (_, { socket }) => socket!.end(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(4000)}\r\n`)],
		["another protocol", (_, { socket }) => socket!.end("SSH-2.0-OpenSSH_9.2\r\n")],
	];

	it.each(cases)("%s", async (_, answer) => {
		const error = await asked({ on: /\/tree\//, answer });
		expect(error).toBeInstanceOf(CheckpointError);
		expect(hub.seen.filter(({ path }) => path.includes("/tree/"))).toHaveLength(1);
		expect(await readdir(cacheDir, { recursive: true })).not.toContain("config.json");
	});

	it("pages that lead to themselves, and pages without end", async () => {
		let page = 0;
		const next = (cursor: () => number): RequestListener => {
			return (_, response) => {
				const link = `<${hub.url}/api/models/${NAME}/tree/x?cursor=${cursor()}>; rel="next"`;
				response.writeHead(200, { ...JSON_TYPE, link }).end("[]");
			};
		};
		expect(await asked({ on: /\/tree\//, answer: next(() => 1), times: 2 })).toMatchObject({
			expected: "pages that end",
		});
		expect(await asked({ on: /\/tree\//, answer: next(() => page++), times: 9999 })).toMatchObject({
			expected: "at most 2000 pages",
		});
	}, 30_000);

	it("redirects in a circle", async () => {
		const answer: RequestListener = ({ url }, response) => void response.writeHead(302, { location: url }).end();
		expect(await asked({ on: /\/tree\//, answer })).toMatchObject({ code: "checkpoint" });
		expect(await asked({ on: /resolve/, answer })).toMatchObject({ code: "checkpoint" });
	});
});

describe("only as much of an error's body is read as is shown", () => {
	it.each([404, 400, 403])("of status %d", async (status) => {
		const error = await asked({ on: /resolve/, answer: pours("A".repeat(65_536), status) });
		expect(DrumError.is(error)).toBe(true);
		expect(String(error).length).toBeLessThan(600);
	});

	it.each([
		['{"error":{"toString":1}}', "HTTP 404"],
		['{"error":"\\u001b[2Jpwn\\u0007"}', "HTTP 404: \\u001b[2Jpwn\\u0007"],
		["<html><body>not here</body></html>", "HTTP 404"],
		['{"message":"gone"}', "HTTP 404: gone"],
	])("of %j", async (body, found) => {
		expect(await asked({ on: /resolve/, answer: says(body, {}, 404) })).toMatchObject({ code: "file", found });
	});
});

describe("bytes of a file that are not the listed ones", () => {
	it("unpack to 300 MB: the download ends at once", async () => {
		const error = await asked({
			on: /resolve/,
			answer: says(gzipSync(Buffer.alloc(3e8)), { "content-encoding": "gzip" }),
		});
		expect(String(error)).toContain("arrived damaged");
		expect(hub.seen.filter(({ path }) => path.includes("/resolve/"))).toHaveLength(1);
	});

	it("do not end: the download ends at once", async () => {
		expect(String(await asked({ on: /resolve/, answer: pours("A".repeat(65_536)) }))).toContain("arrived damaged");
	});
});
