// How many jobs one Postgres server carries, with stand-ins for models that only sleep:
// tsx --conditions=@drum/source tooling/bench/service.ts [throughput] [pace] [idle] [waiting] [turns]
import { cpus, loadavg } from "node:os";
import { setTimeout } from "node:timers/promises";
import type { Job } from "../../apps/demo/api/index.ts";
import { listJobs, readJob, unendedIds } from "../../apps/demo/store/jobs.ts";
import { timed } from "./run/timed.ts";
import {
	addOne,
	openPlace,
	type Place,
	processorSeconds,
	type StandIn,
	send,
	startServer,
	startWorkers,
	untilDone,
} from "./service-parts.ts";

const only = process.argv.slice(2);
const wanted = (name: string) => only.length === 0 || only.includes(name);

await using server = await startServer();
console.log(
	`${cpus()[0]?.model}, ${cpus().length} threads, load ${loadavg()[0]?.toFixed(1)}, Node.js ${process.version}`,
);
console.log(await server.run("select version()"));

async function onNewPlace(task: (place: Place) => Promise<void>): Promise<void> {
	await using place = await openPlace(await server.createDatabase());
	await task(place);
}

function table(columns: readonly string[]): (...cells: (string | number)[]) => void {
	console.log(`\n| ${columns.join(" | ")} |\n|${" --- |".repeat(columns.length)}`);
	return (...cells) => console.log(`| ${cells.join(" | ")} |`);
}

const connected = () =>
	server.run("select count(*) from pg_stat_activity where backend_type = 'client backend' and datname like 'test_%'");

/** Times and shares of what `task` does, from when its jobs may be begun to when all are done. */
async function measured(place: Place, workers: number, jobs: number, what: StandIn) {
	const user = await addOne(place, "ann");
	const sent = await timed(() => send(place, user, jobs));
	const { promise: gate, resolve: open } = Promise.withResolvers<void>();
	await using _ = await startWorkers(place.url, workers, { ...what, gate });
	const connections = await connected();
	const before = await processorSeconds(server);
	open();
	const { seconds } = await timed(() => untilDone(place, jobs));
	const after = await processorSeconds(server);
	const each = (name: "ours" | "postgres") => (1000 * (after[name] - before[name])) / jobs;
	const share = (after.postgres - before.postgres) / seconds;
	return { sent: sent.seconds, seconds, ours: each("ours"), postgres: each("postgres"), share, connections };
}

if (wanted("throughput")) {
	const row = table([
		...[
			"workers",
			"jobs",
			"file",
			"jobs a second",
			"of a processor, a job: workers",
			"Postgres",
			"connections",
			"load",
		],
	]);
	for (const [workers, jobs, png] of [
		[1, 200, 400_000],
		[8, 400, 400_000],
		[50, 1000, 400_000],
		[8, 400, 2000],
	] as const) {
		await onNewPlace(async (place) => {
			const { seconds, ours, postgres, connections } = await measured(place, workers, jobs, {
				steps: 1,
				stepMs: 0,
				png,
			});
			const shown = [
				`${png / 1000} kB`,
				(jobs / seconds).toFixed(1),
				`${ours.toFixed(0)} ms`,
				`${postgres.toFixed(0)} ms`,
			];
			row(workers, jobs, ...shown, connections, loadavg()[0]!.toFixed(1));
		});
	}
}

if (wanted("pace")) {
	const row = table([
		"workers",
		"a picture takes",
		"pictures a second",
		"possible",
		"Postgres, of one processor",
		"load",
	]);
	for (const [workers, jobs] of [
		[8, 16],
		[50, 100],
	] as const) {
		await onNewPlace(async (place) => {
			const what = { steps: 50, stepMs: 200, png: 400_000 };
			const { seconds, share } = await measured(place, workers, jobs, what);
			const paced = (what.steps * what.stepMs) / 1000;
			row(
				workers,
				`${paced} s`,
				(jobs / seconds).toFixed(2),
				workers / paced,
				share.toFixed(2),
				loadavg()[0]!.toFixed(1),
			);
		});
	}
}

if (wanted("idle")) {
	const row = table([
		"workers that wait",
		"Postgres, of one processor",
		"workers, of one processor",
		"connections",
		"load",
	]);
	for (const workers of [8, 50]) {
		await onNewPlace(async ({ url }) => {
			await using _ = await startWorkers(url, workers, { steps: 1, stepMs: 0, png: 0 });
			const before = await processorSeconds(server);
			const { seconds } = await timed(() => setTimeout(20_000));
			const after = await processorSeconds(server);
			const share = (name: "ours" | "postgres") => ((after[name] - before[name]) / seconds).toFixed(2);
			row(workers, share("postgres"), share("ours"), await connected(), loadavg()[0]!.toFixed(1));
		});
	}
}

if (wanted("waiting")) {
	const row = table([
		"waiting",
		"a job is made in",
		"read in",
		"20 listed in",
		"ids of all read in",
		"begun and done, a second",
		"load",
	]);
	for (const waiting of [0, 1000, 10_000, 100_000]) {
		await onNewPlace(async (place) => {
			const { store } = place;
			await fill(place, waiting);
			const user = await addOne(place, "ben");
			const ms = async (task: () => Promise<unknown>) => `${(1000 * (await timed(task)).seconds).toFixed(0)} ms`;
			const made = await timed(() => send(place, user, 20));
			const { jobs } = await listJobs(store, user, { limit: 20 });
			const [last] = jobs as [Job];
			const read = await ms(() => readJob(store, user, last.id));
			const listed = await ms(() => listJobs(store, user, { limit: 20 }));
			const ids = await ms(() => unendedIds(store));
			await using _ = await startWorkers(place.url, 8, { steps: 1, stepMs: 0, png: 2000 });
			const target = Math.min(waiting + 20, 100);
			const { seconds } = await timed(() => untilDone(place, target));
			const rate = waiting === 0 ? "" : (target / seconds).toFixed(1);
			const create = `${((1000 * made.seconds) / 20).toFixed(0)} ms`;
			row(waiting, create, read, listed, ids, rate, loadavg()[0]!.toFixed(1));
		});
	}
}

/** Jobs of 100 users, in both tables, without each one's transaction. */
async function fill(place: Place, count: number): Promise<void> {
	if (count === 0) return;
	const { kysely } = place.store;
	const users: string[] = [];
	for (let i = 0; i < 100; i++) users.push(await addOne(place, `user ${i}`));
	// What both look like, from one that is made in the usual way.
	const [id] = await send(place, users[0]!, 1);
	const job = await kysely.selectFrom("jobs").selectAll().where("id", "=", id!).executeTakeFirstOrThrow();
	const queue = kysely.withSchema("pgboss") as never as typeof kysely;
	const queued = (await queue
		.selectFrom("job" as never)
		.selectAll()
		.where("id" as never, "=", id as never)
		.executeTakeFirstOrThrow()) as object;
	const { request_hash } = job;
	for (let from = 1; from < count; from += 1000) {
		const rows = Array.from({ length: Math.min(1000, count - from) }, (_, i) => {
			const turn = Math.floor((from + i) / users.length);
			return { id: crypto.randomUUID(), turn, user_id: users[(from + i) % users.length]! };
		});
		await kysely
			.insertInto("jobs")
			.values(rows.map((row) => ({ ...row, request: JSON.stringify(job.request), request_hash })))
			.execute();
		await queue
			.insertInto("job" as never)
			.values(rows.map(({ id, turn }) => ({ ...queued, id, priority: -turn, data: { jobId: id } })) as never)
			.execute();
	}
	const found = (await place.queue.counts()).queued;
	if (found !== count) throw new Error(`expected ${count} in the queue, found ${found}`);
}

if (wanted("turns")) {
	const row = table(["who", "sends", "begun, of all jobs, as number"]);
	await onNewPlace(async (place) => {
		const { store } = place;
		const names = new Map<string, string>();
		const add = async (name: string, jobs: number) => {
			const user = await addOne(place, name);
			names.set(user, name);
			await send(place, user, jobs);
		};
		await add("ann", 1000);
		await add("ben", 1);
		await add("cid", 10);
		{
			await using _ = await startWorkers(place.url, 1, { steps: 1, stepMs: 0, png: 2000 });
			await untilDone(place, 200);
			await add("dan", 1);
			await untilDone(place, 300);
		}
		const begun = store.kysely.selectFrom("jobs").select("user_id").where("started_at", "is not", null);
		const order = await begun.orderBy("started_at").execute();
		for (const name of ["ben", "cid", "dan"]) {
			const at = order.flatMap(({ user_id }, i) => (names.get(user_id) === name ? [i + 1] : []));
			row(name, `${at.length} after ann's 1,000${name === "dan" ? ", when about 200 were done" : ""}`, at.join(", "));
		}
	});
}
