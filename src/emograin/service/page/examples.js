/** Texts to try the model with. */
export const EXAMPLES = [
  "Thank you so much, you made my whole week!",
  "Wait, why would anyone do that?",
  "They cancelled it, and I had looked forward to it all year.",
  "You passed! I'm so proud of you.",
  "My hands are shaking, the results come tomorrow.",
  "The shop opens at nine.",
  "I was so happy when it arrived, the colours are gorgeous! My kids loved it. I bought it in May. After two weeks "
    + "the screen went black. I called three times, and nobody answered. I am furious, this is the worst company I "
    + "have ever dealt with.",
];
