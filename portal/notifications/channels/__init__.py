"""The ways out of the house: mail, SMS, and the sink of the demo.

A channel takes one address and one message. It returns when somebody else has taken the message
over, and raises what ``outcomes`` names when not. What a server answered never leaves this package
except as a token.
"""
