import type { User } from "@drum/tiny";
import { type Kind, kindsOf } from "./kinds.ts";
import { even, type Led, type Row, repeated, type Studies } from "./studies.ts";

/** The paper's degree for prompts. */
const ALPHA = 0.3;
/** A larger one: whether the whole history then does what the coreset does at the paper's. */
export const STRONGER = 0.4;
/** Guidance of a model that follows its prompts less: the report's is 4. */
const WEAK = 1;
const TIMES = 10;

/** Pictures that are drawn of a user. */
export const PICTURES_OF_USER = 2 * 21;

/** What decides a user's prompts. */
interface Extent {
	readonly seed: number;
	/** Prompts of the long history. */
	readonly long: number;
}

/** Everything that is measured of a user, by the rows' names. */
export async function measureUser(studies: Studies, user: User, settings: Extent): Promise<Record<string, Row>> {
	const { open, meant, said, newest, query, queryMeant, tried, long } = kindsOf(user, settings);
	const led = (references: Led["references"], alpha = ALPHA): Led => ({ references, alpha });
	const personal = async ({ drawn, history }: Kind, scale?: number) =>
		studies.draw(drawn, led(await studies.coreset(history)), scale);
	const whole = ({ drawn, history }: Kind, alpha?: number) => studies.draw(drawn, led(history, alpha));
	const rows: Record<string, Row> = {};

	const plain = await studies.draw(open.drawn);
	const drum = await personal(open);
	const asked = await studies.draw(said.drawn);
	rows["open, plain"] = await studies.score(plain, open);
	rows["open, DrUM"] = await studies.score(drum, open);
	rows["open, taste said"] = await studies.score(asked, open);
	rows["meant, plain"] = await studies.score(plain, meant);
	rows["meant, DrUM"] = await studies.score(drum, meant);
	rows["said, plain"] = await studies.score(asked, said);
	rows["said, DrUM"] = await studies.score(await personal(said), said);

	const short = await studies.draw(query.drawn);
	const shortDrum = await personal(query);
	rows["query, plain"] = await studies.score(short, query);
	rows["query, DrUM"] = await studies.score(shortDrum, query);
	rows["query meant, plain"] = await studies.score(short, queryMeant);
	rows["query meant, DrUM"] = await studies.score(shortDrum, queryMeant);

	for (const scale of [undefined, WEAK]) {
		const mark = scale === undefined ? "" : ", weak";
		const unled = await studies.draw(newest.drawn, undefined, scale);
		rows[`newest${mark}, plain`] = await studies.score(unled, newest);
		rows[`newest${mark}, DrUM`] = await studies.score(await personal(newest, scale), newest);
		rows[`tried${mark}, plain`] = await studies.score(unled, tried);
		rows[`tried${mark}, DrUM`] = await studies.score(await personal(tried, scale), tried);
	}

	// Table 3: the same prompts, led by other references.
	const evenly = { ...open, history: even(open.history) };
	const some = led(await studies.random(open.history));
	rows["open, whole"] = await studies.score(await whole(open), open);
	rows["open, random"] = await studies.score(await studies.draw(open.drawn, some), open);
	rows["open, whole, stronger"] = await studies.score(await whole(open, STRONGER), open);
	rows["even, DrUM"] = await studies.score(await personal(evenly), evenly);
	rows["even, whole"] = await studies.score(await whole(evenly), evenly);
	rows["newest, whole"] = await studies.score(await whole(newest), newest);
	rows["tried, whole"] = await studies.score(await whole(tried), tried);
	rows["long, DrUM"] = await studies.score(await personal(long), long);
	rows["long, whole"] = await studies.score(await whole(long), long);

	// Of conditions alone: what the number of references does, with guidance and without.
	const core = await studies.coreset(open.history);
	const shares = (count: number) => count / (count + 1);
	const alone = async (of: Led) => studies.score(await studies.condition(open.drawn, of), open);
	rows["coreset, often"] = await alone({ references: repeated(core, TIMES), alpha: ALPHA });
	rows["unguided coreset"] = await alone({ references: even(core), alpha: shares(core.length) });
	rows["unguided coreset, often"] = await alone({
		references: even(repeated(core, TIMES)),
		alpha: shares(TIMES * core.length),
	});
	rows["unguided whole"] = await alone({ references: evenly.history, alpha: shares(open.history.length) });
	return rows;
}
