import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { add, endRuntime, Graph, LazySession, matmul, Session, SizedSession, setRuntimeApart } from "@drum/graph";
import { float32 } from "@drum/tensor";
import { row, sumGraph, vector } from "./sum.ts";

// Run as a process of its own, in which ONNX Runtime is set apart.

const FEEDS = { x: row(1, 2), y: vector(10, 20) };
const [what] = process.argv.slice(2);
const tell = (name: string, value: unknown) => console.log(`${name}: ${value}`);
const words = (error: unknown) => (error as Error).message;

/** Takes minutes. */
function longGraph() {
	const graph = new Graph({ name: "long" });
	const x = graph.input("x", "float32", [1500, 1500]);
	let y = x;
	for (let i = 0; i < 2000; i++) y = matmul(y, x);
	return graph.build({ y: add(y, x) });
}

setRuntimeApart();
const lazy = new LazySession(() => sumGraph());
const sized = new SizedSession(() => sumGraph());
const sum = async () => {
	const { z } = await lazy.use((session) => session.run(FEEDS));
	const { z: same } = await sized.run(1, 1, FEEDS);
	return `${[...z!.data].join(" ")}, ${[...same!.data].join(" ")}`;
};

switch (what) {
	case "ends a run": {
		tell("before", await sum());
		const held = await Session.create(sumGraph());
		const { kept } = await held.runKeeping(FEEDS, ["z"]);
		const long = await Session.create(longGraph());
		const running = long.run({ x: float32(new Float32Array(1500 * 1500), [1500, 1500]) }).catch(words);
		await setTimeout(200);
		endRuntime();
		tell("run", await running);
		tell("after", await sum());
		tell("lost", [held, long, kept.z!].map(({ lost }) => lost).join());
		tell("held", await held.run(FEEDS).catch(words));
		for (const each of [held, long, kept.z!]) await each.release();
		break;
	}
	case "is killed": {
		const session = await Session.create(longGraph());
		void session.run({ x: float32(new Float32Array(1500 * 1500), [1500, 1500]) });
		await setTimeout(200);
		tell("runs in", readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim());
		process.kill(process.pid, "SIGKILL");
	}
}
