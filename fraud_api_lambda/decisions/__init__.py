"""From a payment to an answer: the bundle, the scorer, the policy and the reasons."""
