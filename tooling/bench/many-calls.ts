// How long 1, 4 and 16 callers wait who ask for a picture at the same moment, in units of one picture drawn alone:
// tsx --conditions=@drum/source tooling/bench/many-calls.ts [rounds]
import { cpus, loadavg } from "node:os";
import { StableDiffusion } from "../../packages/pipelines-sd/src/index.ts";
import { model } from "../../packages/tiny/src/index.ts";
import { median } from "./run/statistics.ts";
import { timed } from "./run/timed.ts";

const ROUNDS = Number(process.argv[2] ?? 5);
const CALLERS = [1, 4, 16];

await using sd = await StableDiffusion.fromPretrained(model);
const draw = (caller?: string) => timed(() => sd.generate("a red star", { seed: 1, caller }));
await draw();

const alone: number[] = [];
const waits = new Map<number, number[][]>(CALLERS.map((count) => [count, []]));
for (let round = 0; round < ROUNDS; round++) {
	alone.push((await draw()).seconds);
	for (const [count, rounds] of waits) {
		const calls = Array.from({ length: count }, (_, i) => draw(String(i)));
		rounds.push((await Promise.all(calls)).map(({ seconds }) => seconds));
	}
}

const unit = median(alone);
console.log(
	`${cpus()[0]?.model}, ${cpus().length} threads, load ${loadavg()[0]?.toFixed(2)}; one picture ${unit.toFixed(2)} s, ${ROUNDS} rounds\n`,
);
console.log("| callers | first picture | mean | last picture |\n| --- | --- | --- | --- |");
for (const [count, rounds] of waits) {
	const of = (pick: (waits: number[]) => number) => (median(rounds.map(pick)) / unit).toFixed(2);
	const mean = (seconds: number[]) => seconds.reduce((sum, each) => sum + each, 0) / seconds.length;
	console.log(`| ${count} | ${of((each) => Math.min(...each))} | ${of(mean)} | ${of((each) => Math.max(...each))} |`);
}
