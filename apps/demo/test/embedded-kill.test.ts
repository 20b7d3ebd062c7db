import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Item } from "../api/index.ts";
import { Client, hasEnded, QUICK } from "./client.ts";
import { dataFolder, runDemo, startService, temporaryFolder } from "./service.ts";

const ROUNDS = 6;
const SLOW = { ...QUICK, prompt: "a house", numInferenceSteps: 200 };
const DRAWN = { ...QUICK, alphas: [0.4] };
const LIKED: Item[] = ["a blue star", "a blue house", "a red cup"].map((prompt, i) => ({ prompt, intensity: i + 1 }));

describe("a service with its own database", () => {
	it("keeps whatever it has acknowledged, once, however often it is killed while it writes", async () => {
		const data = await dataFolder();
		const entries: string[] = [];
		const jobs = new Map<string, { id: string; prompt: string }>();
		let historyId = "";
		let sent = 0;
		for (let round = 0; round < ROUNDS; round++) {
			const { program, address } = await startService({ data });
			const client = new Client(address);
			historyId ||= await client.newHistory(LIKED);
			// One that was begun and never done again and again would be given up.
			for (const { id } of jobs.values()) await client.when(id, hasEnded);
			const acknowledged = { entries: 0 };
			const key = `round ${round}`;
			const prompt = `a star, ${key}`;
			const writing = [0, 1, 2].map(async (writer) => {
				if (writer === 0) jobs.set(key, { prompt, id: (await client.submit({ ...DRAWN, prompt, historyId }, key)).id });
				for (;;) {
					const json = { items: [{ prompt: `entry ${sent++}`, intensity: 1 }] };
					await client.must("POST", `/api/histories/${historyId}/entries`, { json });
					entries.push(json.items[0]!.prompt);
					acknowledged.entries++;
				}
			});
			const written = Promise.allSettled(writing);
			// Killed at another place each time, always while requests are under way.
			await expect.poll(() => acknowledged.entries, { timeout: 30_000, interval: 1 }).toBeGreaterThan(5 + 7 * round);
			await program.kill("SIGKILL");
			await written;
			expect(jobs.has(key)).toBe(true);
		}

		const client = new Client((await startService({ data })).address);
		const kept = (await client.history(historyId)).entries.map(({ prompt }) => prompt);
		expect(kept.filter((prompt) => entries.includes(prompt)).sort()).toEqual(entries.toSorted());
		expect(new Set(kept).size).toBe(kept.length);
		expect(await client.must("GET", "/api/histories")).toHaveLength(1);

		for (const [key, { id, prompt }] of jobs) {
			// Asked again with its key, it is the same job.
			const again = await client.submit({ ...DRAWN, prompt, historyId }, key);
			expect(again.id).toBe(id);
			const job = await client.when(id, hasEnded);
			expect(job).toMatchObject({ status: "done", pictures: [{ place: 0, alpha: 0.4 }] });
			expect((await client.picture(job.pictures[0]!.url)).subarray(1, 4).toString()).toBe("PNG");
		}
		expect((await client.jobs()).map(({ id }) => id).sort()).toEqual([...jobs.values()].map(({ id }) => id).sort());
	});

	it("gives a job that is being drawn to its next process, when it is asked to stop", async () => {
		const data = await dataFolder();
		const first = await startService({ data, args: ["--grace", "1"] });
		const client = new Client(first.address);
		const historyId = await client.newHistory(LIKED);
		// Longer together than what a stopping service waits.
		const alphas = [0, 0.3, 0.6, 1];
		const { id } = await client.submit({ ...SLOW, numInferenceSteps: 100, historyId, alphas, seed: 7 });
		const waiting = await client.submit({ ...QUICK, prompt: "a cup" });
		const before = await client.when(id, ({ pictures }) => pictures.length > 0);
		const ending = first.program.kill("SIGTERM");
		await expect
			.poll(async () => (await client.call("POST", "/api/jobs", { json: QUICK })).status, { timeout: 10_000 })
			.toBe(503);
		expect(await ending).toEqual({ code: 0, signal: null });

		const second = new Client((await startService({ data })).address);
		const kept = await second.job(id);
		expect(kept.pictures.slice(0, before.pictures.length)).toEqual(before.pictures);
		const [done, next] = [await second.when(id, hasEnded), await second.when(waiting.id, hasEnded)];
		expect(done.status).toBe("done");
		expect(done.pictures.map(({ alpha, seed }) => [alpha, seed])).toEqual(alphas.map((alpha) => [alpha, 7]));
		expect(done.pictures.slice(0, kept.pictures.length)).toEqual(kept.pictures);
		expect(next.status).toBe("done");
	});

	it("refuses a folder that another process has open, and says which", async () => {
		const data = await dataFolder();
		const { program, address } = await startService({ data });
		const second = runDemo(["serve", "--port", "0", "--data", data]);
		expect(await second.ended).toEqual({ code: 1, signal: null });
		expect(second.output).toContain(`process ${program.pid}, which has it open`);
		expect(second.output).toContain(data);
		expect(second.output).not.toMatch(/^\s+at /m);
		expect((await new Client(address).call("GET", "/health/ready")).status).toBe(200);
	});

	it("ends in order when it is asked to stop while it opens", async () => {
		const data = await temporaryFolder();
		const program = runDemo(["serve", "--port", "0", "--data", data]);
		await expect.poll(() => existsSync(join(data, "lock")), { timeout: 60_000 }).toBe(true);
		expect(await program.kill("SIGTERM")).toEqual({ code: 0, signal: null });
	});

	it("stops at once when it is asked twice", async () => {
		const { program, address } = await startService({ data: await dataFolder() });
		const client = new Client(address);
		const { id } = await client.submit({ ...SLOW, alphas: [0] });
		await client.when(id, ({ status }) => status === "running");
		process.kill(program.pid, "SIGTERM");
		await program.said(/Stopping/);
		await pause(1500);
		expect(await program.kill("SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
	});
});
