/** What a screen reader says at its next pause. */
class Announcer {
	text = $state("");

	say(text: string): void {
		this.text = text;
	}
}

export const announcer = new Announcer();
