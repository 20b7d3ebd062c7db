import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type Job, JobStatus } from "../api/index.ts";
import { countJobs } from "../store/job-times.ts";
import type { Store } from "../store/open-store.ts";

/** What Prometheus is told. */
export class Metrics {
	readonly registry = new Registry();
	/** Requests by the route's pattern, so that ids make no new series. */
	readonly requests = new Histogram({
		name: "drum_http_request_duration_seconds",
		help: "Time from a request to its whole answer",
		labelNames: ["method", "route", "status"],
		buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
		registers: [this.registry],
	});
	readonly #refused = new Counter({
		name: "drum_refused_requests_total",
		help: "Requests that were answered with a problem",
		labelNames: ["status"],
		registers: [this.registry],
	});
	readonly #jobSeconds = new Histogram({
		name: "drum_job_duration_seconds",
		help: "Time from a job's start to its end, of jobs that ended while this process was there",
		labelNames: ["kind", "status"],
		buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1800],
		registers: [this.registry],
	});

	constructor(store: Store, countReaders: () => number) {
		const { registry } = this;
		collectDefaultMetrics({ register: registry });
		new Gauge({
			name: "drum_jobs",
			help: "Jobs that are kept, by status; those queued are the queue's length",
			labelNames: ["status"],
			registers: [registry],
			async collect() {
				this.reset();
				// While the database is out of reach the other metrics are told still.
				const counts = await countJobs(store).catch(() => undefined);
				if (!counts) return;
				for (const status of JobStatus.options) this.set({ status }, 0);
				for (const { status, count } of counts) this.set({ status }, count);
			},
		});
		new Gauge({
			name: "drum_event_readers",
			help: "Open streams of events",
			registers: [registry],
			collect() {
				this.set(countReaders());
			},
		});
	}

	readonly refused = (status: number): void => this.#refused.inc({ status });

	readonly jobEnded = ({ request, status, startedAt, endedAt }: Job): void => {
		if (startedAt === undefined || endedAt === undefined) return;
		this.#jobSeconds.observe({ kind: request.kind, status }, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
	};
}
