import { render } from "preact";
import "./styles/theme.css";

const root = document.getElementById("app");
if (root) render(<main>Restante</main>, root);
