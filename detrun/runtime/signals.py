"""placeholder until the HTTP values are there"""
class Controller:
    def __init__(self): self.reason=None; self.aborted=False
    def abort(self, reason):
        if not self.aborted: self.aborted=True; self.reason=reason
