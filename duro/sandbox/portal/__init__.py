"""Pages of the customer portal: sign-in with a code, subscriptions, cards and the wallet."""
