import { findFile, openRepository, type RepositoryOptions } from "@drum/hub";
import type { DiffusionPipeline, FoundationModel, PartsApart, PipelineOptions } from "@drum/pipeline";
import { ArgumentError, type Warning } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { inspect, type Report } from "../inspect/inspect.ts";
import { type Machine, readMachine } from "./machine.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Examination, examineParts, type PartReport } from "./parts.ts";
import { type DrawOptions, drawFirst, type PictureFound, refusePicture } from "./picture.ts";
import { refuseWeights, scanWeights } from "./scan-weights.ts";

/** What `drum doctor` found. */
export interface DoctorReport {
	kind: "doctor";
	source: string;
	/** The command's options, without tokens. */
	options: string[];
	machine: Machine;
	/** Operators that the device computes in another form than its own, or none right. */
	device: Outcome<{ name: string; float16: boolean; otherForms: string[] }>;
	/** What it is: as `drum inspect` tells, without the files' own notes. */
	layout: Outcome<{ kind: Report["kind"]; is: string; pipeline?: string; model?: string; components: string[] }>;
	/** Of a checkpoint its networks, of other files each. */
	parts: PartReport[];
	scheduler?: Outcome<{ class: string; settings: Record<string, unknown> }>;
	/** The parts' configurations fit each other. */
	together?: Outcome<Record<never, never>>;
	picture?: Outcome<PictureFound>;
	personalised?: Outcome<PictureFound>;
	warnings: Warning[];
	/** What failed, as `"VAE: weights"`. None: all is well. */
	failed: string[];
	seconds: number;
	peakMemoryBytes: number;
}

export interface DoctorOptions extends Omit<DrawOptions, "signal" | "onStep" | "attach">, Examination {
	variant: string | undefined;
	repository: RepositoryOptions;
	opening: PipelineOptions & { models: readonly FoundationModel[] };
	/** As they were given, for the report. */
	argv: readonly string[];
	/** Opens the whole pipeline, with its LoRAs. */
	open(): Promise<DiffusionPipeline>;
	attach: DrawOptions["attach"];
	onStep(done: number, total: number): void;
	/** What was told while files were opened. */
	warnings(): readonly Warning[];
}

/**
 * Runs every part of a checkpoint on known inputs, and goes on after one that fails.
 * @throws ArgumentError for what holds no weights to examine; the signal's reason
 */
export async function doctor(source: string, options: DoctorOptions): Promise<DoctorReport> {
	const { signal, opening } = options;
	const start = performance.now();
	const machine = await readMachine();
	const device = await outcomeOf(signal, () => tryDevice(opening.device ?? "cpu"));
	const { layout, report } = await lookAt(source, options);
	const isCheckpoint = report === undefined || report.kind === "pipeline";
	const rest = isCheckpoint
		? await examineCheckpoint(source, options)
		: { parts: await examineFiles(source, report, options) };
	const found = { device, layout, ...rest };
	return {
		...{ kind: "doctor" as const, source, options: [...options.argv], machine, ...found },
		warnings: [...options.warnings()],
		failed: failuresOf(found),
		seconds: Math.round(performance.now() - start) / 1000,
		peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
	};
}

async function tryDevice(name: NonNullable<PipelineOptions["device"]>) {
	const { checkDevice } = await import("@drum/graph");
	const { float16, operators } = await checkDevice(name);
	const others = operators.filter(({ form }) => form !== "own");
	return {
		name,
		float16,
		otherForms: others.map(({ operator, precision, form }) => `${operator} ${precision}: ${form}`),
	};
}

async function lookAt(source: string, { variant, repository, signal }: DoctorOptions) {
	let report: Report | undefined;
	const layout: DoctorReport["layout"] = await outcomeOf(signal, async () => {
		report = await inspect(source, variant, repository);
		if (report.kind === "picture" || report.kind === "profile") throw notWeights(source, report.kind);
		return describe(report);
	});
	// A profile and a picture hold a user's prompts, and nothing to run.
	if (report?.kind === "picture" || report?.kind === "profile") throw notWeights(source, report.kind);
	return { layout, report };
}

function notWeights(what: string, found: string): ArgumentError {
	const expected = "a checkpoint, adapters or a LoRA";
	return new ArgumentError({ what, expected, found: `a ${found}`, next: "drum inspect tells what is in it" });
}

function describe(
	report: Exclude<Report, { kind: "picture" | "profile" }>,
): NonNullable<DoctorReport["layout"]["found"]> {
	const { kind } = report;
	if (kind === "pipeline") {
		return {
			kind,
			is: report.is ?? "a checkpoint in the hub's layout",
			pipeline: report.pipeline,
			...(report.model && { model: report.model.name }),
			components: report.components.map(
				({ name, class: of, missing }) => `${name} ${of ?? "absent"}${missing ? `: ${missing}` : ""}`,
			),
		};
	}
	const files = kind === "folder" ? report.files : [report];
	const kinds = files.map((file) => (file.kind === "adapter" ? "a DrUM adapter" : (file.is ?? "weights")));
	return {
		kind,
		is: kind === "folder" ? "a folder of weights" : kinds[0]!,
		components: kind === "folder" ? files.map(({ name }, i) => `${name} ${kinds[i]}`) : [],
	};
}

async function examineCheckpoint(source: string, options: DoctorOptions) {
	const { signal, opening, attach } = options;
	let apart: PartsApart | undefined;
	const { openPartsApart } = await import("@drum/pipeline");
	const opened = await outcomeOf(signal, async () => {
		apart = await openPartsApart(source, opening);
		return { name: apart.name };
	});
	if (!apart) return { parts: [{ part: "checkpoint", files: opened }] };
	const parts = await examineParts(apart, options);
	const scheduler = await outcomeOf(signal, async () => schedulerOf(await apart!.scheduler()));
	const together = await outcomeOf(signal, async () => {
		await apart!.checkTogether();
		return {};
	});
	const draw = (personal: DrawOptions["attach"]) =>
		outcomeOf(
			signal,
			async () => {
				await using pipeline = await options.open();
				return drawFirst(pipeline, { ...options, attach: personal });
			},
			refusePicture,
		);
	options.onPart("first picture");
	const picture = await draw(undefined);
	return { parts, scheduler, together, picture, ...(attach && { personalised: await draw(attach) }) };
}

function schedulerOf(config: unknown) {
	const { _class_name, ...settings } = config as { _class_name?: string };
	return {
		class: _class_name ?? "none",
		settings: Object.fromEntries(Object.entries(settings).filter(([key]) => !key.startsWith("_"))),
	};
}

/** Adapters, LoRAs and parts in files of their own: what they hold, since alone none can run. */
async function examineFiles(
	source: string,
	report: Report,
	{ signal, repository, onPart, onBytes }: DoctorOptions,
): Promise<PartReport[]> {
	const file = await findFile(source, repository);
	const from = file?.repository ?? (await openRepository(source, repository));
	const paths = file ? [file.path] : report.kind === "folder" ? report.files.map(({ name }) => name) : [];
	const parts: PartReport[] = [];
	for (const path of paths) {
		onPart(path);
		let weights: Checkpoint | undefined;
		const files = await outcomeOf(signal, async () => {
			weights = await Checkpoint.open(await from.file(path));
			return { name: path };
		});
		const part: PartReport = { part: path, files };
		if (weights) {
			const scan = () => scanWeights(weights!, signal, (done, total) => onBytes(path, done, total));
			part.weights = await outcomeOf(signal, scan, (found) => refuseWeights(path, found));
		}
		parts.push(part);
	}
	return parts;
}

function failuresOf({
	parts,
	...rest
}: Pick<
	DoctorReport,
	"parts" | "device" | "layout" | "scheduler" | "together" | "picture" | "personalised"
>): string[] {
	const failed = (steps: object) =>
		Object.entries(steps).flatMap(([step, outcome]) =>
			(outcome as Outcome<unknown> | undefined)?.error ? [step] : [],
		);
	return [...failed(rest), ...parts.flatMap(({ part, ...steps }) => failed(steps).map((step) => `${part}: ${step}`))];
}
