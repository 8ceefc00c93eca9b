"""The ground floor: people, articles, activities, the credit ledger and the tools every room needs."""
