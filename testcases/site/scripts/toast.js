/** Short messages in the corner: they come, are read out, and go. */
const stay = 5000;

export function toast(text) {
  const corner = document.querySelector(".toasts");
  const message = document.createElement("p");
  message.className = "toast";
  message.textContent = text;
  corner.append(message);
  setTimeout(() => message.remove(), stay);
}
