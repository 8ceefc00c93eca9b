"""The learner's entrances: catalogue, module, article, evaluate-and-claim, transcript."""
