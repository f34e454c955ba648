"""The simulated network: hosts, connections and sockets that exist in one run only. No real socket is ever opened."""
