from .attack import attack_run
from .file_audit import audit_module, audit_samples
from .output_folder import FreshFolder
from .release_audit import audit_release
from .sweep import SweepSummary

__all__ = ["FreshFolder", "SweepSummary", "attack_run", "audit_module", "audit_release", "audit_samples"]
