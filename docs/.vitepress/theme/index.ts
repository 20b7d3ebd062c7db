import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import DecisionList from "./DecisionList.vue";
import TryIt from "./TryIt.vue";
import "./style.css";

export default {
	extends: DefaultTheme,
	enhanceApp({ app }) {
		app.component("DecisionList", DecisionList);
		app.component("TryIt", TryIt);
	},
} satisfies Theme;
