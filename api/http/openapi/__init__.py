"""The contract, `/openapi.json`: made from the declarations of routes and parameters, and the types of answers."""
