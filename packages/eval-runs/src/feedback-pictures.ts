import type { Image } from "@drum/diffusion";
import { type EvaluationUser, feedbackRows } from "@drum/eval";
import type { DiffusionPipeline, GenerateOptions } from "@drum/pipeline";

/**
 * What FABRIC looks at of a user: pictures of the history's prompts that were liked most and least, drawn with the model itself,
 * since the data sets have none that all models could have made.
 */
export async function feedbackOf(
	{ history }: EvaluationUser,
	pipeline: DiffusionPipeline,
	options: GenerateOptions,
): Promise<{ liked: Image[]; disliked: Image[] }> {
	const rows = feedbackRows(history.map(({ intensity }) => intensity));
	const draw = async (row: number): Promise<Image> => {
		const { images } = await pipeline.generate(history[row]!.prompt, options);
		return images[0]!;
	};
	const [liked, disliked]: Image[][] = [[], []];
	for (const row of rows.liked) liked!.push(await draw(row));
	for (const row of rows.disliked) disliked!.push(await draw(row));
	return { liked: liked!, disliked: disliked! };
}
