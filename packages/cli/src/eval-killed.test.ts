import { cp, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare } from "@drum/eval";
import { ablations, interval, PLAIN, planOf, RunStore, type Unit } from "@drum/eval-runs";
import { startPostgres } from "@drum/test-postgres";
import { adapters } from "@drum/tiny";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startChatServer } from "./testing/chat-server.ts";
import { drum, drumProcess } from "./testing/command.ts";

type Child = Parameters<NonNullable<Parameters<typeof drumProcess>[1]>>[0];

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "eval-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const RUN = ["eval", "run", "--steps", "1", "--methods", "plain,drum,tv,pmg", "--json"];

/** The units of a run that no process has open, and its settings. */
async function unitsOf(place: { folder: string } | { url: string }) {
	await using store = await RunStore.open(place);
	return { units: await store.units(), settings: (await store.settings())! };
}

const named = (units: readonly Unit[], user: number) =>
	units.filter((unit) => unit.user === user).map(({ method }) => method);

it("a run in a folder, stopped after a unit, then killed in one, goes on each time: nothing is lost, nothing measured or asked twice", async () => {
	let child: Child | undefined;
	await using server = await startChatServer(({ number }) => {
		if (number === 2) child?.kill("SIGINT");
		if (number !== 5) return;
		child?.kill("SIGKILL");
		throw new Error("gone");
	});
	const out = join(folder, "killed");
	const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "key" };
	const argv = [...RUN, "--data", "tiny:2", "--tables", "2a,2b,3", "--figures", "3", "--out", out];
	const run = () =>
		drumProcess(
			argv,
			(each) => {
				child = each;
			},
			env,
		);

	const stopped = await run();
	expect([stopped.code, stopped.stdout]).toEqual([130, ""]);
	expect(stopped.stderr).toMatch(/units to measure, \d+ pictures to draw, about .*, at most 6 calls of gpt-4o/);
	expect(stopped.stderr).toContain("the same command continues");
	const place = { folder: join(out, "database") };
	const first = await unitsOf(place);
	const drawn = ablations({ ratio: 0.1, alpha: 0.3 }).DrUM.name;
	expect(named(first.units, 0)).toEqual([drawn, PLAIN.name, "tv"].sort());
	const plan = planOf(first.settings);

	const killed = await run();
	expect(killed.code).toBeNull();
	const second = await unitsOf(place);
	expect(second.units).toEqual(expect.arrayContaining(first.units));
	expect(named(second.units, 1)).toEqual(expect.arrayContaining([drawn, PLAIN.name]));
	const lacking = 2 * plan.length - second.units.length;
	expect(lacking).toBeGreaterThan(0);
	const partial = await drum(["eval", "report", out]);
	expect([partial.code, partial.stderr]).toEqual([0, ""]);
	expect(await readFile(join(out, "report.md"), "utf8")).toContain(
		`${second.units.length} of ${2 * plan.length} units`,
	);

	const whole = await run();
	expect(JSON.parse(whole.stdout)).toMatchObject({ users: 2, units: 2 * plan.length, measured: lacking });
	const third = await unitsOf(place);
	// With the very seconds that each took.
	expect(third.units).toEqual(expect.arrayContaining(second.units));
	expect(third.units).toHaveLength(2 * plan.length);
	// Two targets and a user's keywords, for two users, and the call that was never answered.
	expect(server.calls).toHaveLength(2 * 3 + 1);
	expect(new Set(server.calls.map(({ content }) => content)).size).toBe(6);

	const report = await drum(["eval", "report", out]);
	expect(report.stdout.split("\n")).toEqual([
		...["report.md", "report.html", "results.parquet"].map((name) => join(out, name)),
		"",
	]);
	const scores = (method: string) =>
		third.units.filter((unit) => unit.method === method).map(({ measurement }) => measurement.clipScore!);
	const { personalized } = compare(scores(PLAIN.name), scores(drawn));
	const text = await readFile(join(out, "report.md"), "utf8");
	const row = text.split("\n").find((line) => line.startsWith("|  | DrUM |"))!;
	expect(row).toContain(interval(personalized.target));
	expect(row).toContain("| 25.13 | 16.03 | +34.83 % |");
	expect(text).not.toContain("is not at its end");
});

it("a run in a database server is shared: a worker's units are kept when it is killed, others do its users, and other weights are refused", async () => {
	await using postgres = await startPostgres();
	const url = await postgres.createDatabase();
	const working = Promise.withResolvers<void>();
	const killed = Promise.withResolvers<void>();
	let worker: Child | undefined;
	await using server = await startChatServer(async ({ key }) => {
		if (key === "run") {
			// Until the worker has had its part.
			working.resolve();
			await killed.promise;
			return;
		}
		worker?.kill("SIGKILL");
		throw new Error("gone");
	});
	const env = (key: string) => ({ OPENAI_BASE_URL: server.url, OPENAI_API_KEY: key, DATABASE_URL: url });
	const out = join(folder, "server");
	const running = drumProcess([...RUN, "--data", "tiny:3", "--tables", "2a,2b", "--out", out], undefined, env("run"));
	await working.promise;

	const weights = join(folder, "changed");
	await cp(adapters, weights, { recursive: true });
	await changeLastByte(join(weights, "weight/L.safetensors"));
	const refused = await drum(["eval", "worker", "--database", url, "--adapters", weights], {
		env: { OPENAI_BASE_URL: server.url },
	});
	expect(refused.stderr).toContain("expected those that the run began with");
	expect(refused.code).toBe(2);

	const recording = ["--recording", join(folder, "worker.jsonl")];
	const died = await drumProcess(
		["eval", "worker", ...recording],
		(child) => {
			worker = child;
		},
		env("worker"),
	);
	expect(died.code).toBeNull();
	const before = (await unitsOf({ url })).units;
	expect(new Set(before.map(({ user }) => user)).size).toBe(2);
	killed.resolve();

	const { stdout, stderr, code } = await running;
	expect(code, stderr).toBe(0);
	const all = (await unitsOf({ url })).units;
	expect(all).toHaveLength(3 * 4);
	expect(all).toEqual(expect.arrayContaining(before));
	// The worker had kept the two units that need no language model.
	expect(JSON.parse(stdout)).toMatchObject({ measured: all.length - 2, units: all.length, users: 3 });
	const over = await drum(["eval", "worker", "--database", url, "--json"], { env: { OPENAI_BASE_URL: server.url } });
	expect(JSON.parse(over.stdout)).toEqual({ measured: 0, units: all.length });
	const report = await drum(["eval", "report", out, "--database", url]);
	expect([report.code, report.stderr]).toEqual([0, ""]);
});

async function changeLastByte(path: string): Promise<void> {
	const file = await open(path, "r+");
	const { size } = await file.stat();
	const byte = new Uint8Array(1);
	await file.read(byte, 0, 1, size - 1);
	byte[0]! ^= 1;
	await file.write(byte, 0, 1, size - 1);
	await file.close();
}
