// Severity symbols on a canvas: the same shapes as in icons.svg, on a 24 grid.

import { levelKey } from "./levels.js";
import { token } from "./tokens.js";

const TRIANGLE = new Path2D(
  "M12 1.4a2 2 0 0 1 1.73 1l9.3 16.4a2 2 0 0 1-1.73 3H2.7a2 2 0 0 1-1.73-3L10.27 2.4A2 2 0 0 1 12 1.4z",
);
const octagon = (radius) => {
  const path = new Path2D();
  for (let i = 0; i < 8; i += 1) {
    const angle = ((i + 0.5) * Math.PI) / 4;
    path.lineTo(12 + radius * Math.cos(angle), 12 + radius * Math.sin(angle));
  }
  path.closePath();
  return path;
};
const OCTAGON = octagon(11.6);
const RIM = octagon(9.2);

const numeral = (pen, text, y, colour) => {
  pen.fillStyle = colour;
  pen.font = `700 12px ${getComputedStyle(document.documentElement).getPropertyValue("--font")}`;
  pen.textAlign = "center";
  pen.fillText(text, 12, y);
};

const drawings = {
  none: (pen) => {
    pen.beginPath();
    pen.arc(12, 12, 7, 0, 2 * Math.PI);
    pen.fillStyle = token("--surface");
    pen.fill();
    pen.strokeStyle = token("--sev-none");
    pen.lineWidth = 2.6;
    pen.stroke();
  },
  0: (pen) => {
    pen.beginPath();
    pen.arc(12, 12, 9.4, 0, 2 * Math.PI);
    pen.fillStyle = token("--surface");
    pen.fill();
    pen.strokeStyle = token("--sev-0");
    pen.lineWidth = 1.8;
    pen.stroke();
    numeral(pen, "0", 16.3, token("--sev-0-ink"));
  },
  1: (pen) => {
    pen.beginPath();
    pen.arc(12, 12, 9.4, 0, 2 * Math.PI);
    pen.fillStyle = token("--sev-1");
    pen.fill();
    pen.strokeStyle = token("--sev-1-edge");
    pen.lineWidth = 1.3;
    pen.stroke();
    numeral(pen, "1", 16.3, token("--sev-on"));
  },
  2: (pen) => {
    pen.save();
    pen.translate(12, 12);
    pen.rotate(Math.PI / 4);
    pen.beginPath();
    pen.roundRect(-8.2, -8.2, 16.4, 16.4, 2.2);
    pen.restore();
    pen.fillStyle = token("--sev-2");
    pen.fill();
    pen.strokeStyle = token("--sev-2-edge");
    pen.lineWidth = 1.5;
    pen.stroke();
    numeral(pen, "2", 16.3, token("--sev-2-on"));
  },
  3: (pen) => {
    pen.fillStyle = token("--sev-3");
    pen.fill(TRIANGLE);
    pen.strokeStyle = token("--sev-3-edge");
    pen.lineWidth = 1.3;
    pen.stroke(TRIANGLE);
    numeral(pen, "3", 18.6, token("--sev-on"));
  },
  4: (pen) => {
    pen.fillStyle = token("--sev-4");
    pen.fill(OCTAGON);
    pen.strokeStyle = token("--sev-4-edge");
    pen.lineWidth = 1.3;
    pen.stroke(OCTAGON);
    pen.globalAlpha = 0.75;
    pen.strokeStyle = token("--sev-on");
    pen.lineWidth = 1;
    pen.stroke(RIM);
    pen.globalAlpha = 1;
    numeral(pen, "4", 16.3, token("--sev-on"));
  },
  nm: (pen) => {
    pen.beginPath();
    pen.roundRect(3.5, 3.5, 17, 17, 3);
    pen.fillStyle = token("--surface");
    pen.fill();
    pen.strokeStyle = token("--sev-nm");
    pen.lineWidth = 2;
    pen.setLineDash([4, 2.5]);
    pen.stroke();
    pen.setLineDash([]);
    pen.beginPath();
    pen.moveTo(7.5, 16.5);
    pen.lineTo(16.5, 7.5);
    pen.lineWidth = 2.2;
    pen.lineCap = "round";
    pen.stroke();
    pen.lineCap = "butt";
  },
};

/** Draws the symbol of a level centred on (x, y), `size` pixels wide, with a soft shadow below. */
export const drawSymbol = (pen, level, x, y, size) => {
  pen.save();
  pen.translate(x - size / 2, y - size / 2);
  pen.scale(size / 24, size / 24);
  pen.shadowColor = "rgba(0, 0, 0, .32)";
  pen.shadowBlur = 3;
  pen.shadowOffsetY = 1;
  drawings[levelKey(level)](pen);
  pen.restore();
};

/** Size of a marker: small for none and good, larger from fair on, largest when selected. */
export const markerSize = (level, selected) => (selected ? 30 : level >= 2 ? 26 : 22);
