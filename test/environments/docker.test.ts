import { cp, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { beforeAll, expect, inject, it } from "vitest";
import { run } from "../packed/commands.ts";
import { ROOT } from "../packed/places.ts";
import { serve } from "./serve.ts";

/** What .dockerignore leaves out, as a path has it. */
const IGNORED = /(^|\/)(\.git|node_modules|dist|\.turbo|\.cache|out|drum-demo-data)(\/|$)/;

/** The steps of the Dockerfile, run without Docker in folders that stand for those of the two images. */
let image: string;
let service: string;
let steps: string[][];
beforeAll(async () => {
	image = await mkdtemp(join(dirname(inject("consumer")), "image-"));
	const build = join(image, "build");
	service = join(image, "service");
	const lines = (await readFile(join(ROOT, "Dockerfile"), "utf8")).split("\n").filter((line) => !/^(#|$)/.test(line));
	steps = lines.map((line) => /^(\S+) (.+)$/.exec(line)!.slice(1));
	await cp(ROOT, build, { recursive: true, filter: (path) => !IGNORED.test(relative(ROOT, path)) });
	await mkdir(service);
	let folder = "";
	for (const [instruction, text = ""] of steps) {
		if (instruction === "FROM") folder = text.endsWith("AS build") ? build : service;
		if (instruction === "RUN" && folder === build) await run(folder, "sh", "-c", text);
		const copied = /^--from=build \/app\/(\S+) \.$/.exec(text)?.[1];
		if (copied !== undefined) await cp(join(build, copied), service, { recursive: true, verbatimSymlinks: true });
	}
});

const last = (name: string) => steps.findLast(([instruction]) => instruction === name)?.[1] ?? "";

it("the service starts as the image starts it, is healthy, and is not root's", async () => {
	expect(last("USER")).toBe("node");
	const [node, ...command] = JSON.parse(last("CMD")) as string[];
	expect(node).toBe("node");
	const data = join(image, "data");
	const args = command.filter((arg) => !["--port", "8080"].includes(arg)).map((arg) => arg.replace(/^\/data/, data));
	const health = JSON.parse(/CMD (.+)$/.exec(last("HEALTHCHECK"))![1]!) as string[];
	await using server = await serve({ HF_HOME: join(data, "hub") }, service, (port) => [...args, "--port", port]);
	const check = health.map((arg) => arg.replace("127.0.0.1:8080", new URL(server.url).host));
	await expect.poll(() => run(service, process.execPath, ...check.slice(1)).catch((error) => error)).toBe("");
	expect(await server.get("/health/live")).toBeDefined();
});
