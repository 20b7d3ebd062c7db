import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ArgumentError, DownloadError, type Warning } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRepository, type RepositoryOptions } from "./index.ts";
import { failure } from "./testing/failure.ts";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";

const NAME = "owner/model";
const files = { "config.json": "{}", "model.safetensors": "weights" };

let home: string;
let hub: HubServer;
beforeEach(async () => {
	home = await mkdtemp(join(tmpdir(), "token-"));
	hub = await startHubServer({ files, refusesTokens: true });
	for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH"])
		vi.stubEnv(name, undefined);
	for (const name of ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]) vi.stubEnv(name, undefined);
	vi.stubEnv("HF_HOME", home);
	vi.stubEnv("HF_ENDPOINT", hub.url);
});
afterEach(async () => {
	vi.unstubAllEnvs();
	await hub.close();
	await rm(home, { recursive: true });
});

const warned = () => {
	const warnings: Warning[] = [];
	return { warnings, onWarning: (warning: Warning) => warnings.push(warning) };
};

describe("an invalid token", () => {
	const bad = ["hf_SECRET\nx", "hf_SECRET x", "hf_SECRETé", "hf_SECRET\0", "“hf_SECRET”", "hf_SECRET".repeat(1000)];
	it.each(bad)("%j is refused at once, and not shown", async (value) => {
		const given: [() => void, RepositoryOptions, string][] = [
			[() => vi.stubEnv("HF_TOKEN", value), {}, "HF_TOKEN"],
			[() => vi.stubEnv("HF_TOKEN", undefined), { token: value }, "the option token"],
		];
		for (const [set, options, what] of given) {
			// The environment of a process ends a variable at a NUL.
			if (what === "HF_TOKEN" && value.includes("\0")) continue;
			set();
			const error = await failure(openRepository(NAME, options));
			expect(error).toBeInstanceOf(ArgumentError);
			expect(error).toMatchObject({ what });
			expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
		}
		expect(hub.seen).toEqual([]);
	});

	it("in a file is refused, with the file's name", async () => {
		await writeFile(join(home, "token"), "two words");
		expect(await failure(openRepository(NAME))).toMatchObject({ what: `the file ${join(home, "token")}` });
	});

	it("that is not a string is refused", async () => {
		expect(await failure(openRepository(NAME, { token: 5 as never }))).toMatchObject({
			found: "a value of type number",
		});
	});
});

describe("a token that the hub refuses", () => {
	it("does not prevent reading public files, with a warning that names where the token came from", async () => {
		vi.stubEnv("HF_TOKEN", "hf_expired");
		const { warnings, onWarning } = warned();
		const repository = await openRepository(NAME, { onWarning });
		expect(await readFile(await pathOf(repository.file("config.json")), "utf8")).toBe("{}");
		expect(warnings).toMatchObject([{ code: "token-refused", what: "HF_TOKEN" }]);
		expect(warnings[0]?.message).not.toContain("hf_expired");
		// Not shown to the hub again.
		expect(hub.seen.filter(({ authorization }) => authorization !== undefined)).toHaveLength(1);
	});

	it("is an error for a repository that is not public", async () => {
		await using closed = await startHubServer({ files, name: "other/model", refusesTokens: true });
		await writeFile(join(home, "token"), "hf_expired\n");
		closed.fail({ on: /./, status: 401, error: "Invalid username or password.", times: 9 });
		const error = await failure(openRepository(NAME, { endpoint: closed.url }));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toContain(`cannot be read with the access token of the file ${join(home, "token")}`);
		expect(String(error)).toContain("Renew it");
	});

	it("does not prevent the use of the cache", async () => {
		await pathOf((await openRepository(NAME)).file("config.json"));
		hub.fail({ on: /./, status: 401, times: 9 });
		const { warnings, onWarning } = warned();
		const repository = await openRepository(NAME, { token: "hf_expired", onWarning });
		expect(await readFile(await pathOf(repository.file("config.json")), "utf8")).toBe("{}");
		expect(warnings).toMatchObject([{ code: "hub-unreachable" }]);
	});

	it.each([401, 403, 404, 400, 429, 500])(
		"is shown in no error, though the hub's answer %d repeats it",
		async (status) => {
			const error = `you sent Bearer hf_SECRET, hf_SECRET!\u001b[2J`;
			hub.fail({
				on: /./,
				status,
				error,
				headers: { "retry-after": "9999", "x-error-message": "again hf_SECRET" },
				times: 9,
			});
			const shown = inspect(await failure(openRepository(NAME, { token: "hf_SECRET" })), { depth: 9 });
			expect(shown).toContain("(the token)");
			expect(shown).not.toContain("SECRET");
			expect(shown).not.toContain("\u001b");
		},
	);
});

describe("a token over a connection that is not encrypted", () => {
	const refused = () => Promise.reject(new Error("no way there"));
	it("is sent to another machine with a warning", async () => {
		const { warnings, onWarning } = warned();
		const options = { token: "hf_x", onWarning, fetch: refused, signal: AbortSignal.timeout(50) };
		await failure(openRepository(NAME, { ...options, endpoint: "http://hub.example/x" }));
		expect(warnings).toMatchObject([{ code: "token-in-clear" }]);
		expect(warnings[0]?.message).not.toContain("hf_x");
		await failure(openRepository(NAME, { ...options, endpoint: "https://hub.example" }));
		await failure(openRepository(NAME, { ...options, token: "", endpoint: "http://hub.example" }));
		expect(warnings).toHaveLength(1);
	});

	it.each(["http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1"])(
		"goes to this machine at %s",
		async (endpoint) => {
			const { warnings, onWarning } = warned();
			await failure(
				openRepository(NAME, { endpoint, token: "hf_x", onWarning, fetch: refused, signal: AbortSignal.timeout(50) }),
			);
			expect(warnings).toEqual([]);
		},
	);
});

describe("paths from the environment", () => {
	it("have ~ and variables expanded, as in huggingface_hub", async () => {
		vi.stubEnv("BASE", home);
		vi.stubEnv("HF_HOME", "$BASE/hf");
		await mkdir(join(home, "hf"));
		await writeFile(join(home, "hf/token"), "hf_there");
		const path = await pathOf((await openRepository(NAME)).file("config.json"));
		expect(path).toContain(join(home, "hf/hub/models--owner--model"));
		expect(hub.seen[0]?.authorization).toBe("Bearer hf_there");
		vi.stubEnv("HF_HUB_CACHE", "$BASE/cache");
		expect(await pathOf((await openRepository(NAME)).file("config.json"))).toContain(
			join(home, "cache/models--owner--model"),
		);
		const cacheDir = `$${"{BASE}"}/option`;
		expect(await pathOf((await openRepository(NAME, { cacheDir })).file("config.json"))).toContain(
			join(home, "option/models--"),
		);
		vi.stubEnv("HF_TOKEN_PATH", "~/no-such-folder/token");
		expect(await failure(openRepository("~/no-such-folder/model"))).toMatchObject({ code: "argument" });
		vi.stubEnv("HOME", home);
		await mkdir(join(home, "models"));
		expect((await openRepository("~/models")).name).toBe(join(homedir(), "models"));
	});

	it.each(["1", "true", "YES", "On"])("HF_HUB_OFFLINE=%s is offline", async (value) => {
		vi.stubEnv("HF_HUB_OFFLINE", value);
		expect(await failure(openRepository(NAME))).toMatchObject({ found: "offline, as set by HF_HUB_OFFLINE" });
	});

	it.each(["0", "false", "no", "off", "", " 1", "2"])("HF_HUB_OFFLINE=%j is not", async (value) => {
		vi.stubEnv("HF_HUB_OFFLINE", value);
		await openRepository(NAME);
	});

	it("TRANSFORMERS_OFFLINE counts if HF_HUB_OFFLINE is not set; an option overrides both", async () => {
		vi.stubEnv("TRANSFORMERS_OFFLINE", "1");
		expect(await failure(openRepository(NAME))).toMatchObject({ found: "offline, as set by TRANSFORMERS_OFFLINE" });
		expect(await failure(openRepository(NAME, { offline: true }))).toMatchObject({
			found: "offline, as set by the option offline",
		});
		await openRepository(NAME, { offline: false });
		vi.stubEnv("HF_HUB_OFFLINE", "0");
		await openRepository(NAME);
	});

	it.each(["https://user:hf_SECRET@hub.example", "user:hf_SECRET@hub.example", "ftp://hf_SECRET@hub.example"])(
		"HF_ENDPOINT with credentials is refused without them",
		async (endpoint) => {
			vi.stubEnv("HF_ENDPOINT", endpoint);
			const error = await failure(openRepository(NAME));
			expect(error).toMatchObject({ code: "argument", what: "HF_ENDPOINT" });
			expect(String(error)).not.toContain("SECRET");
		},
	);
});
