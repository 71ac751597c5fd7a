# Last is right on every line; postinst then moves it before systemd where it may.
passwd last subuid
group last subuid
