import type { EvaluationUser, Scores, VisualPreferences } from "@drum/eval";
import type { Tensor } from "@drum/tensor";
import type { RunModels } from "./run-models.ts";
import type { RunSettings } from "./settings.ts";

/** A user, by the place in the data. */
export interface NumberedUser extends EvaluationUser {
	/** From 0. */
	readonly number: number;
}

/** One user under one method, as it is kept. */
export interface Measurement {
	/** How many prompts of the history were used. */
	readonly references: number;
	/** Of conditions, by the encoder's name; none where the method has no condition of its own. */
	readonly textAlign: Readonly<Record<string, Scores>>;
	/** Of pictures; undefined where none were drawn. */
	readonly clipScore?: Scores | undefined;
	/** The prompts that took the targets' place; undefined too where the language model had no answer that is of use. */
	readonly prompts?: readonly string[] | undefined;
	/** What ViPer led to and away from; undefined likewise. */
	readonly preferences?: VisualPreferences | undefined;
	/** What else was measured of the pictures. */
	readonly more?: unknown;
	readonly seconds: number;
}

/** What makes prompts in the targets' place, by methods' names. */
export type Rewriters = Readonly<
	Record<string, (user: NumberedUser, signal: AbortSignal | undefined) => Promise<readonly string[]>>
>;

/** What tells ViPer's attributes of a user. */
export type Preferences = (user: NumberedUser, signal: AbortSignal | undefined) => Promise<VisualPreferences>;

/** What is measured of a user's pictures besides CLIP score, from their CLIP features `[pictures, width]`; it is kept as JSON. */
export type MeasurePictures = (user: NumberedUser, pictures: Tensor<"float32">) => Promise<unknown>;

export interface StudyOptions {
	readonly models: RunModels;
	readonly settings: RunSettings;
	readonly rewriters?: Rewriters | undefined;
	readonly preferences?: Preferences | undefined;
	readonly measurePictures?: MeasurePictures | undefined;
}
