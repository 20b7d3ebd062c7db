import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ArgumentError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRepository } from "./index.ts";
import { proxyFor } from "./proxy.ts";
import { failure } from "./testing/failure.ts";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";
import { startProxy } from "./testing/proxy-server.ts";

const NAME = "owner/model";
const weights = Buffer.alloc(200_000, 7);
const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);

let cacheDir: string;
let hub: HubServer;
beforeEach(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), "proxy-"));
	hub = await startHubServer({ files: { "config.json": "{}", "model.safetensors": weights } });
	for (const name of VARIABLES) vi.stubEnv(name, undefined);
});
afterEach(async () => {
	vi.unstubAllEnvs();
	await hub.close();
	await rm(cacheDir, { recursive: true });
});

const open = (endpoint: string) => openRepository(NAME, { cacheDir, endpoint, token: "" });

describe("through a proxy", () => {
	it("files come from a hub that cannot be reached otherwise, with the proxy's own credentials", async () => {
		await using proxy = await startProxy(new URL(hub.url), "me:p@ss word");
		vi.stubEnv("HTTP_PROXY", `http://me:p%40ss%20word@${proxy.host}`);
		// The store for large files can be reached without it.
		vi.stubEnv("NO_PROXY", "127.0.0.1");
		const repository = await open("http://hub.invalid");
		expect(await readFile(await pathOf(repository.file("config.json")), "utf8")).toBe("{}");
		expect(await readFile(await pathOf(repository.file("model.safetensors")))).toEqual(weights);
		expect(proxy.seen[0]?.line).toContain(`GET http://hub.invalid/api/models/${NAME}/revision/main`);
		expect(proxy.seen.every(({ line }) => line.startsWith("GET http://hub.invalid/"))).toBe(true);
		expect(hub.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
	});

	it("an https hub is reached through a tunnel", async () => {
		await using proxy = await startProxy(new URL(hub.url));
		vi.stubEnv("https_proxy", proxy.host);
		const controller = new AbortController();
		const options = { cacheDir, endpoint: "https://hub.invalid", token: "", signal: controller.signal };
		const opened = failure(openRepository(NAME, { ...options, onWait: () => controller.abort(new Error("enough")) }));
		// What the tunnel leads to speaks no TLS here.
		expect(await opened).toBe(controller.signal.reason);
		expect(proxy.seen[0]?.line).toBe("CONNECT hub.invalid:443");
	});

	it("without the credentials that it needs, the error comes at once", async () => {
		await using proxy = await startProxy(new URL(hub.url), "me:other");
		vi.stubEnv("HTTP_PROXY", `http://me:SECRET@${proxy.host}`);
		vi.stubEnv("HTTPS_PROXY", `http://me:SECRET@${proxy.host}`);
		for (const endpoint of ["http://hub.invalid", "https://hub.invalid"]) {
			const error = await failure(open(endpoint));
			expect(error).toMatchObject({ code: "download", what: "the proxy on the way to hub.invalid" });
			expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
		}
		expect(proxy.seen).toHaveLength(2);
	});

	it("no request is sent if NO_PROXY names the hub", async () => {
		await using proxy = await startProxy(new URL(hub.url));
		vi.stubEnv("HTTP_PROXY", `http://${proxy.host}`);
		vi.stubEnv("NO_PROXY", new URL(hub.url).host);
		await open(hub.url);
		expect(proxy.seen).toEqual([]);
	});

	it.each(["http://", "socks5://me:SECRET@proxy:1080", "http://me:SECRET@", "//me:SECRET@x y"])(
		"that cannot be one, %j, is refused without its value",
		async (value) => {
			vi.stubEnv("HTTP_PROXY", value);
			const error = await failure(open(hub.url));
			expect(error).toBeInstanceOf(ArgumentError);
			expect(error).toMatchObject({ what: "HTTP_PROXY" });
			expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
		},
	);
});

describe("which proxy", () => {
	const of = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.url.host;

	it("is chosen by the URL's protocol; lower case takes precedence", () => {
		const env = { HTTP_PROXY: "http://a:1", HTTPS_PROXY: "http://b:2", ALL_PROXY: "c:3" };
		expect(of("http://hub.example", env)).toBe("a:1");
		expect(of("https://hub.example", env)).toBe("b:2");
		expect(of("https://hub.example", { ALL_PROXY: "c:3", HTTP_PROXY: "a:1" })).toBe("c:3");
		expect(of("https://hub.example", { HTTP_PROXY: "a:1" })).toBeUndefined();
		expect(of("http://hub.example", { ...env, http_proxy: "d:4" })).toBe("d:4");
		expect(of("http://hub.example", { ...env, http_proxy: "" })).toBe("a:1");
	});

	it.each([
		["hub.example", "https://hub.example"],
		["example", "https://hub.example"],
		[".example", "https://hub.example"],
		["*.example", "https://hub.example"],
		["HUB.Example", "https://hub.example"],
		["a, hub.example:443 b", "https://hub.example"],
		["hub.example:8080", "http://hub.example:8080"],
		["*", "https://hub.example"],
		["x,*", "https://hub.example"],
		["10.1.2.3", "http://10.1.2.3:8080"],
		["10.0.0.0/8", "http://10.1.2.3"],
		["[::1]", "http://[::1]:80"],
		["::1", "http://[::1]"],
		["[::1]:8080", "http://[::1]:8080"],
		["fd00::/8", "http://[fd12::1]"],
	])("NO_PROXY=%j goes past it to %s", (list, url) => {
		const env = { HTTP_PROXY: "p:1", HTTPS_PROXY: "p:1" };
		expect(of(url, { ...env, NO_PROXY: list })).toBeUndefined();
		expect(of(url, { ...env, no_proxy: list })).toBeUndefined();
	});

	it.each([
		["ub.example", "https://hub.example"],
		["hub.example.org", "https://hub.example"],
		["hub.example:80", "https://hub.example"],
		["other, ,", "https://hub.example"],
		["10.0.0.0/8", "http://11.1.2.3"],
		["10.0.0.0/99", "http://10.0.0.1"],
		["fd00::/8", "http://10.0.0.1"],
	])("NO_PROXY=%j says nothing of %s", (list, url) => {
		expect(of(url, { HTTP_PROXY: "p:1", HTTPS_PROXY: "p:1", NO_PROXY: list })).toBe("p:1");
	});
});
