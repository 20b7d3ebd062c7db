import { endRuntime } from "@drum/graph";
import { DrumError } from "@drum/tensor";
import { tryGpu } from "../larger/try-gpu.ts";
import type { Asked, Call, Calls, Fetching, News, Order, Told } from "./messages.ts";
import { Models } from "./models.ts";
import { problemOf } from "./problem.ts";

/** The thread that draws, and fetches larger models: the page stays free meanwhile. */

interface Task {
	signal: AbortSignal;
	tell(news: News | Fetching): void;
}

const models = new Models();
const running = new Map<string, AbortController>();
const post = (told: Told) => postMessage(told);

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
	if ("cancel" in data) running.get(data.cancel)?.abort();
	else if ("call" in data) void run(data.id, (task) => answer(data.call, task));
	else void run(data.draw.jobId, (task) => draw(data.draw, task));
});

async function run(id: string, work: (task: Task) => Promise<unknown>): Promise<void> {
	const stop = new AbortController();
	running.set(id, stop);
	try {
		const answer = await work({ signal: stop.signal, tell: (news) => post({ id, news }) });
		post({ id, done: true, answer });
	} catch (error) {
		// What a device was in the middle of is lost with it: the next use begins anew.
		if (DrumError.is(error) && error.code === "device") endRuntime();
		post({ id, done: true, ...(stop.signal.aborted ? { cancelled: true } : { problem: problemOf(error) }) });
	} finally {
		running.delete(id);
	}
}

function draw(order: Order, { signal, tell }: Task): Promise<void> {
	const onDownload = (done: number, total: number) => tell({ progress: { station: "download", done, total } });
	return models.use(order.request.model, { signal, onDownload }, (studio) => studio.work(order, signal, tell));
}

type Answers = { [Name in keyof Calls]: Promise<ReturnType<Calls[Name]>> };

function answer({ name, given }: Call, { signal, tell }: Task): Answers[keyof Calls] {
	switch (name) {
		case "models":
			return models.cards();
		case "tryGpu":
			return tryGpu();
		case "extent":
			return models.larger(given[0]).extent(given[1]);
		case "bring":
			return models.larger(given[0]).bring(given[1], {
				signal,
				onProgress: (done, total) => tell({ done, total }),
				onWait: (waiting) => tell({ waiting }),
			});
		case "remove":
			return models.remove(given[0]);
	}
}
