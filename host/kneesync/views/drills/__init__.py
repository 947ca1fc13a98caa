"""What the coach says, in words: findings, the week's plan, exercises, the calendar."""
